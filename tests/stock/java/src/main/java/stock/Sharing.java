package stock;

import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.common.message.MessageQueue;

/** Two members of a group: queues are split when one joins and come back when it leaves, under load. */
final class Sharing {
    static void scenarios(Map<String, Main.Scenario> into) {
        into.put("rebalance_concurrent", Sharing::concurrent);
        into.put("rebalance_orderly", Sharing::orderly);
    }

    private static void concurrent(Lab lab) throws Exception {
        String topic = lab.topic(8);
        String group = lab.group();
        Sent sent = new Sent();
        Received received = new Received();
        DefaultMQPushConsumer first = lab.startedConsumer(group, topic, "*", received);
        try (Load load = new Load(lab, topic, sent)) {
            lab.untilAssignedAll(first, topic);
            DefaultMQPushConsumer second = lab.startedConsumer(group, topic, "*", received);
            untilSplit(lab, topic, first, second);
            load.untilMore(50);
            second.shutdown();
            lab.untilAssignedAll(first, topic);
            load.untilMore(50);
        }
        received.untilDistinct(sent.count());
        sent.atLeastOnce(received.messages());
    }

    private static void orderly(Lab lab) throws Exception {
        String topic = lab.topic(4);
        String group = lab.group();
        Sent sent = new Sent();
        Received received = new Received();
        Pushing.QueueOrder order = new Pushing.QueueOrder();
        DefaultMQPushConsumer first = orderlyConsumer(lab, group, topic, received, order);
        try (Load load = new Load(lab, topic, sent)) {
            lab.untilAssignedAll(first, topic);
            DefaultMQPushConsumer second = orderlyConsumer(lab, group, topic, received, order);
            untilSplit(lab, topic, first, second);
            load.untilMore(50);
            second.shutdown();
            lab.untilAssignedAll(first, topic);
            load.untilMore(50);
        }
        received.untilDistinct(sent.count());
        sent.atLeastOnce(received.messages());
        order.check();
    }

    private static DefaultMQPushConsumer orderlyConsumer(Lab lab, String group, String topic, Received received,
            Pushing.QueueOrder order) throws Exception {
        DefaultMQPushConsumer consumer = lab.pushConsumer(group, topic, "*");
        consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
            order.consume(messages);
            received.add(messages);
            return ConsumeOrderlyStatus.SUCCESS;
        });
        consumer.start();
        return consumer;
    }

    private static void untilSplit(Lab lab, String topic, DefaultMQPushConsumer first, DefaultMQPushConsumer second)
            throws Exception {
        Set<MessageQueue> all = lab.queues(topic);
        Check.until("queues split evenly", () -> {
            Set<MessageQueue> both = new HashSet<>(Lab.assigned(first, topic));
            both.addAll(Lab.assigned(second, topic));
            return Lab.assigned(first, topic).size() == all.size() / 2
                    && Lab.assigned(second, topic).size() == all.size() / 2 && both.equals(all);
        }, () -> "have " + Lab.assigned(first, topic).size() + " and " + Lab.assigned(second, topic).size());
    }

    /** Sends a message every few milliseconds until it is closed. */
    private static final class Load implements AutoCloseable {
        private final AtomicBoolean stop = new AtomicBoolean();
        private final Sent sent;
        private final Thread thread;
        private volatile Exception failure;

        Load(Lab lab, String topic, Sent sent) {
            this.sent = sent;
            thread = new Thread(() -> {
                try {
                    while (!stop.get()) {
                        lab.producer().send(sent.message(topic));
                        Thread.sleep(5);
                    }
                } catch (Exception e) {
                    failure = e;
                }
            });
            thread.start();
        }

        void untilMore(int count) throws Exception {
            int start = sent.count();
            Check.until(count + " more messages sent", () -> failure != null || sent.count() >= start + count);
        }

        @Override
        public void close() throws Exception {
            stop.set(true);
            thread.join();
            if (failure != null) {
                throw failure;
            }
        }
    }

    private Sharing() {
    }
}
