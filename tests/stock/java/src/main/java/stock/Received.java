package stock;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.rocketmq.common.message.MessageExt;

/** What a consumer got, in the order it got it; filled by its threads. */
final class Received {
    private final List<MessageAt> all = new ArrayList<>();

    record MessageAt(MessageExt message, long millis) {
    }

    synchronized void add(Collection<MessageExt> messages) {
        long now = System.currentTimeMillis();
        messages.forEach(message -> all.add(new MessageAt(message, now)));
    }

    synchronized List<MessageAt> arrivals() {
        return new ArrayList<>(all);
    }

    synchronized List<MessageExt> messages() {
        return new ArrayList<>(all.stream().map(MessageAt::message).toList());
    }

    synchronized int count() {
        return all.size();
    }

    synchronized long distinct() {
        return all.stream().map(arrival -> arrival.message().getKeys()).distinct().count();
    }

    void untilCount(int count) throws InterruptedException {
        Check.until(count + " messages received", () -> count() >= count, () -> "got " + count());
    }

    void untilDistinct(int count) throws InterruptedException {
        Check.until(count + " different messages received", () -> distinct() >= count, () -> "got " + distinct());
    }
}
