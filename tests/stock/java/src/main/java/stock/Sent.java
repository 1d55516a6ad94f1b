package stock;

import java.util.Collection;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.CRC32;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * Makes messages that differ in key and body, and remembers them: key → checksum of the body. Those of another one have the
 * same keys and other bodies.
 */
final class Sent {
    private static final AtomicInteger MADE = new AtomicInteger();

    private final long seed = (long) MADE.incrementAndGet() << 32;
    private final Map<String, Long> checksums = new ConcurrentHashMap<>();
    private final AtomicInteger number = new AtomicInteger();

    Message message(String topic, String tag) {
        int n = number.getAndIncrement();
        Random random = new Random(seed + n);
        byte[] body = new byte[8 + random.nextInt(2000)];
        random.nextBytes(body);
        return message(topic, tag, body);
    }

    Message message(String topic) {
        return message(topic, "");
    }

    Message message(String topic, String tag, byte[] body) {
        String key = String.format("key%05d", checksums.size());
        checksums.put(key, checksum(body));
        return new Message(topic, tag, key, body);
    }

    int count() {
        return checksums.size();
    }

    static long checksum(byte[] body) {
        CRC32 crc = new CRC32();
        crc.update(body);
        return crc.getValue();
    }

    /** Each message once, and nothing else. */
    void exactly(Collection<MessageExt> received) {
        Map<String, Integer> times = times(received);
        Check.equal("messages received more than once", "{}", repeated(times).toString());
        Check.equal("messages received", checksums.size(), times.size());
    }

    /** Each message at least once, and nothing else. */
    void atLeastOnce(Collection<MessageExt> received) {
        TreeSet<String> missing = new TreeSet<>(checksums.keySet());
        missing.removeAll(times(received).keySet());
        Check.equal("messages lost", "[]", missing.toString());
    }

    /** How often each came; checks that it was sent and is unharmed. */
    private Map<String, Integer> times(Collection<MessageExt> received) {
        Map<String, Integer> times = new TreeMap<>();
        for (MessageExt message : received) {
            Long expected = checksums.get(message.getKeys());
            Check.that(expected != null, "received what was not sent: " + message);
            Check.equal("checksum of the body of " + message.getKeys(), expected, checksum(message.getBody()));
            times.merge(message.getKeys(), 1, Integer::sum);
        }
        return times;
    }

    private static Map<String, Integer> repeated(Map<String, Integer> times) {
        Map<String, Integer> repeated = new TreeMap<>(times);
        repeated.values().removeIf(n -> n == 1);
        return repeated;
    }
}
