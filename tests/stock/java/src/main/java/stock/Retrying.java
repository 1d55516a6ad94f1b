package stock;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageAccessor;
import org.apache.rocketmq.common.message.MessageExt;

/** What comes later: delayed messages, retries, dead letters. */
final class Retrying {
    static void scenarios(Map<String, Main.Scenario> into) {
        into.put("retry_then_success", Retrying::thenSuccess);
        into.put("retry_default_delay", Retrying::defaultDelay);
        into.put("retry_to_dead_letter", Retrying::toDeadLetter);
        into.put("delay_levels", Retrying::delayLevels);
    }

    /** Refuses what comes for the first time, for a second. */
    static MessageListenerConcurrently refusingOnce(Received first, Received second) {
        return (messages, context) -> {
            if (messages.get(0).getReconsumeTimes() == 0) {
                first.add(messages);
                context.setDelayLevelWhenNextConsume(1);
                return ConsumeConcurrentlyStatus.RECONSUME_LATER;
            }
            second.add(messages);
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        };
    }

    private static void thenSuccess(Lab lab) throws Exception {
        String topic = lab.topic(2);
        String group = lab.groupThatRetries(topic);
        Sent sent = new Sent();
        Received first = new Received();
        Received second = new Received();
        DefaultMQPushConsumer consumer = lab.pushConsumer(group, topic, "*");
        consumer.registerMessageListener(refusingOnce(first, second));
        consumer.start();
        Pushing.send(lab, 20, () -> sent.message(topic, "tag"));
        second.untilDistinct(20);
        sent.exactly(first.messages());
        sent.exactly(second.messages());
        Map<String, MessageExt> original = new ConcurrentHashMap<>();
        first.messages().forEach(message -> original.put(message.getKeys(), message));
        for (MessageExt message : second.messages()) {
            MessageExt before = original.get(message.getKeys());
            Check.equal("reconsume times", 1, message.getReconsumeTimes());
            Check.equal("topic", topic, message.getTopic());
            Check.equal("tag", "tag", message.getTags());
            Check.equal("message id", before.getMsgId(), message.getMsgId());
            Check.equal("born timestamp", before.getBornTimestamp(), message.getBornTimestamp());
            Check.that(MessageAccessor.getOriginMessageId(message) != null, "no id of the original message");
            Check.that(message.getStoreTimestamp() - before.getStoreTimestamp() >= 1000, "retried before its delay");
        }
    }

    /** Without a level of the consumer's own, the first retry comes after level 3: 10 s. */
    private static void defaultDelay(Lab lab) throws Exception {
        String topic = lab.topic(1);
        String group = lab.groupThatRetries(topic);
        Received received = new Received();
        DefaultMQPushConsumer consumer = lab.pushConsumer(group, topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            received.add(messages);
            return messages.get(0).getReconsumeTimes() == 0 ? ConsumeConcurrentlyStatus.RECONSUME_LATER
                    : ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        lab.producer().send(new Message(topic, "", "key", "once more".getBytes(UTF_8)));
        received.untilCount(2);
        long waited = received.arrivals().get(1).millis() - received.arrivals().get(0).millis();
        Check.that(waited >= 9_900 && waited < 14_000, "retried after " + waited + " ms instead of 10 s");
        Check.equal("body", "once more", new String(received.messages().get(1).getBody(), UTF_8));
    }

    private static void toDeadLetter(Lab lab) throws Exception {
        String topic = lab.topic(2);
        String group = lab.groupThatRetries(topic);
        Sent sent = new Sent();
        Received received = new Received();
        DefaultMQPushConsumer consumer = lab.pushConsumer(group, topic, "*");
        consumer.setMaxReconsumeTimes(1);
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            received.add(messages);
            context.setDelayLevelWhenNextConsume(1);
            return ConsumeConcurrentlyStatus.RECONSUME_LATER;
        });
        consumer.start();
        Pushing.send(lab, 10, () -> sent.message(topic));
        List<MessageExt> dead = lab.stored("%DLQ%" + group, 10);
        sent.exactly(dead);
        for (MessageExt message : dead) {
            Check.equal("queue", 0, message.getQueueId());
            Check.equal("topic it came from", topic, message.getProperty("RETRY_TOPIC"));
        }
        Check.equal("deliveries before giving up", 20, received.count());
    }

    private static void delayLevels(Lab lab) throws Exception {
        String topic = lab.topic(2);
        Sent sent = new Sent();
        Received received = new Received();
        DefaultMQPushConsumer consumer = lab.startedConsumer(lab.group(), topic, "*", received);
        lab.untilAssignedAll(consumer, topic);
        Map<String, long[]> sendTimes = new ConcurrentHashMap<>(); // before and after the send
        for (int i = 0; i < 10; i++) {
            Message message = sent.message(topic, i % 2 == 0 ? "1000" : "5000");
            message.setDelayTimeLevel(i % 2 == 0 ? 1 : 2);
            long before = System.currentTimeMillis();
            lab.producer().send(message);
            sendTimes.put(message.getKeys(), new long[] {before, System.currentTimeMillis()});
        }
        received.untilDistinct(10);
        sent.exactly(received.messages());
        for (Received.MessageAt arrival : received.arrivals()) {
            long delay = Long.parseLong(arrival.message().getTags());
            long[] times = sendTimes.get(arrival.message().getKeys());
            Check.that(arrival.millis() - times[0] >= delay - 10, "delayed " + (arrival.millis() - times[0])
                    + " ms instead of " + delay);
            Check.that(arrival.millis() - times[1] <= delay + 3000, "delayed " + (arrival.millis() - times[1])
                    + " ms instead of " + delay);
            Check.equal("topic", topic, arrival.message().getTopic());
        }
    }

    private Retrying() {
    }
}
