package stock;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.MessageSelector;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.UtilAll;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** One push consumer at a time: what it gets, in which order, from which offset on. */
final class Pushing {
    static void scenarios(Map<String, Main.Scenario> into) {
        into.put("push_concurrent", Pushing::concurrent);
        into.put("push_batches", Pushing::batches);
        into.put("push_tag_filter", Pushing::tagFilter);
        into.put("push_sql_filter", Pushing::sqlFilter);
        into.put("push_orderly", Pushing::orderly);
        into.put("push_orderly_suspends_queue", Pushing::orderlySuspends);
        into.put("push_from_first", Pushing::fromFirst);
        into.put("push_from_last", Pushing::fromLast);
        into.put("push_from_timestamp", Pushing::fromTimestamp);
        into.put("push_new_group_on_young_topic", Pushing::newGroupOnYoungTopic);
        into.put("push_restart_continues", Pushing::restart);
        into.put("push_suspend_resume", Pushing::suspendResume);
        into.put("push_suspend_resume_running", Pushing::suspendResumeRunning);
        into.put("push_wakes_held_pull", Pushing::wakesHeldPull);
        into.put("broadcast", Pushing::broadcast);
    }

    private static void concurrent(Lab lab) throws Exception {
        String topic = lab.topic(4);
        Sent sent = new Sent();
        Received received = new Received();
        send(lab, 250, () -> sent.message(topic));
        lab.startedConsumer(lab.group(), topic, "*", received);
        send(lab, 250, () -> sent.message(topic));
        received.untilDistinct(500);
        sent.exactly(received.messages());
        for (MessageExt message : received.messages()) {
            Check.equal("topic", topic, message.getTopic());
            Check.equal("reconsume times", 0, message.getReconsumeTimes());
        }
    }

    private static void batches(Lab lab) throws Exception {
        String topic = lab.topic(1);
        Sent sent = new Sent();
        Received received = new Received();
        AtomicInteger largest = new AtomicInteger();
        send(lab, 300, () -> sent.message(topic));
        DefaultMQPushConsumer consumer = lab.pushConsumer(lab.group(), topic, "*");
        consumer.setPullBatchSize(64);
        consumer.setConsumeMessageBatchMaxSize(16);
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            largest.accumulateAndGet(messages.size(), Math::max);
            received.add(messages);
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        received.untilDistinct(300);
        sent.exactly(received.messages());
        Check.that(largest.get() == 16, "the largest batch had " + largest + " messages instead of 16");
    }

    private static void tagFilter(Lab lab) throws Exception {
        String topic = lab.topic(2);
        Sent wanted = new Sent();
        Sent unwanted = new Sent();
        Received received = new Received();
        for (int i = 0; i < 50; i++) {
            lab.producer().send(wanted.message(topic, "A"));
            lab.producer().send(unwanted.message(topic, "C"));
            lab.producer().send(wanted.message(topic, "B"));
            lab.producer().send(unwanted.message(topic, ""));
        }
        DefaultMQPushConsumer consumer = lab.startedConsumer(lab.group(), topic, "A || B", received);
        received.untilDistinct(100);
        wanted.exactly(received.messages());
        // Offsets go past what was filtered out.
        Check.until("nothing left to consume", () ->
                lab.admin().examineConsumeStats(consumer.getConsumerGroup(), topic).computeTotalDiff() == 0);
    }

    private static void sqlFilter(Lab lab) throws Exception {
        String topic = lab.topic(2);
        Sent wanted = new Sent();
        Sent unwanted = new Sent();
        Received received = new Received();
        for (int i = 0; i < 60; i++) {
            boolean match = i % 3 == 0 || i > 50;
            Message message = (match ? wanted : unwanted).message(topic, i % 3 == 0 ? "third" : "");
            message.putUserProperty("i", Integer.toString(i));
            lab.producer().send(message);
        }
        DefaultMQPushConsumer consumer = lab.pushConsumer(lab.group(), topic, "*");
        consumer.subscribe(topic, MessageSelector.bySql("TAGS = 'third' OR (i > 50 AND i IS NOT NULL)"));
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            received.add(messages);
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        received.untilDistinct(wanted.count());
        wanted.exactly(received.messages());
    }

    private static void orderly(Lab lab) throws Exception {
        String topic = lab.topic(4);
        Sent sent = new Sent();
        QueueOrder order = new QueueOrder();
        Received received = new Received();
        DefaultMQPushConsumer consumer = lab.pushConsumer(lab.group(), topic, "*");
        consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
            order.consume(messages);
            received.add(messages);
            return ConsumeOrderlyStatus.SUCCESS;
        });
        consumer.start();
        send(lab, 400, () -> sent.message(topic));
        received.untilDistinct(400);
        sent.exactly(received.messages());
        order.check();
    }

    /** A message that can't be consumed yet holds up its queue, and its queue only. */
    private static void orderlySuspends(Lab lab) throws Exception {
        String topic = lab.topic(2);
        Sent sent = new Sent();
        QueueOrder order = new QueueOrder();
        Received received = new Received();
        Map<String, Integer> attempts = new ConcurrentHashMap<>();
        send(lab, 20, () -> sent.message(topic));
        DefaultMQPushConsumer consumer = lab.pushConsumer(lab.group(), topic, "*");
        consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
            MessageExt message = messages.get(0);
            if (message.getQueueOffset() == 3 && attempts.merge(message.getKeys(), 1, Integer::sum) < 3) {
                context.setSuspendCurrentQueueTimeMillis(100);
                return ConsumeOrderlyStatus.SUSPEND_CURRENT_QUEUE_A_MOMENT;
            }
            order.consume(messages);
            received.add(messages);
            return ConsumeOrderlyStatus.SUCCESS;
        });
        consumer.start();
        received.untilDistinct(20);
        sent.exactly(received.messages());
        order.check();
        Check.equal("attempts", List.of(3, 3), new ArrayList<>(attempts.values()));
    }

    private static void fromFirst(Lab lab) throws Exception {
        String topic = lab.topic(2);
        Sent sent = new Sent();
        Received received = new Received();
        send(lab, 40, () -> sent.message(topic));
        DefaultMQPushConsumer consumer = broadcastConsumer(lab, lab.group(), topic, received);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.start();
        received.untilDistinct(40);
        sent.exactly(received.messages());
    }

    /** Broadcasting, as there the client decides alone; see newGroupOnYoungTopic. */
    private static void fromLast(Lab lab) throws Exception {
        String topic = lab.topic(2);
        Sent old = new Sent();
        Sent young = new Sent();
        Received received = new Received();
        send(lab, 40, () -> old.message(topic));
        lab.stored(topic, 40);
        DefaultMQPushConsumer consumer = broadcastConsumer(lab, lab.group(), topic, received);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET);
        consumer.start();
        lab.untilAssignedAll(consumer, topic);
        send(lab, 40, () -> young.message(topic));
        received.untilDistinct(40);
        young.exactly(received.messages());
    }

    private static void fromTimestamp(Lab lab) throws Exception {
        String topic = lab.topic(2);
        Sent old = new Sent();
        Sent young = new Sent();
        Received received = new Received();
        send(lab, 40, () -> old.message(topic));
        // The client gives the time in whole seconds.
        long boundary = (System.currentTimeMillis() / 1000 + 1) * 1000;
        Check.until("the next second", () -> System.currentTimeMillis() > boundary);
        send(lab, 40, () -> young.message(topic));
        lab.stored(topic, 80);
        DefaultMQPushConsumer consumer = broadcastConsumer(lab, lab.group(), topic, received);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_TIMESTAMP);
        consumer.setConsumeTimestamp(UtilAll.timeMillisToHumanString3(boundary));
        consumer.start();
        received.untilDistinct(40);
        young.exactly(received.messages());
    }

    /**
     * As long as a topic's first message is still in memory, a new group gets all, wherever it asked to begin; later it goes
     * on where it was, whatever it asks for then.
     */
    private static void newGroupOnYoungTopic(Lab lab) throws Exception {
        String topic = lab.topic(2);
        Sent old = new Sent();
        Sent young = new Sent();
        List<ConsumeFromWhere> places = List.of(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET,
                ConsumeFromWhere.CONSUME_FROM_LAST_OFFSET, ConsumeFromWhere.CONSUME_FROM_TIMESTAMP);
        Map<ConsumeFromWhere, String> groups = new TreeMap<>();
        Map<String, DefaultMQPushConsumer> members = new TreeMap<>();
        Map<String, Received> received = new TreeMap<>();
        send(lab, 40, () -> old.message(topic));
        lab.stored(topic, 40);
        for (ConsumeFromWhere place : places) {
            String group = lab.group();
            groups.put(place, group);
            received.put(group, new Received());
            members.put(group, startedFrom(lab, group, topic, place, received.get(group)));
        }
        for (String group : groups.values()) {
            received.get(group).untilDistinct(40);
            old.exactly(received.get(group).messages());
            members.get(group).shutdown(); // It notes where it is.
        }
        send(lab, 40, () -> young.message(topic));
        lab.stored(topic, 80);
        for (ConsumeFromWhere place : places) {
            ConsumeFromWhere another = places.get((places.indexOf(place) + 1) % places.size());
            String group = groups.get(place);
            received.put(group, new Received());
            startedFrom(lab, group, topic, another, received.get(group));
        }
        for (String group : groups.values()) {
            received.get(group).untilDistinct(40);
            young.exactly(received.get(group).messages());
        }
    }

    /** The time that it asks for, if it does, is one that no message has. */
    private static DefaultMQPushConsumer startedFrom(Lab lab, String group, String topic, ConsumeFromWhere place,
            Received received) throws Exception {
        DefaultMQPushConsumer consumer = lab.pushConsumer(group, topic, "*");
        consumer.setConsumeFromWhere(place);
        consumer.setConsumeTimestamp(UtilAll.timeMillisToHumanString3(System.currentTimeMillis() + 3_600_000));
        return Lab.started(consumer, received);
    }

    private static void restart(Lab lab) throws Exception {
        String topic = lab.topic(4);
        String group = lab.group();
        Sent before = new Sent();
        Sent after = new Sent();
        Received first = new Received();
        Received second = new Received();
        send(lab, 100, () -> before.message(topic));
        DefaultMQPushConsumer consumer = lab.startedConsumer(group, topic, "*", first);
        first.untilDistinct(100);
        consumer.shutdown();
        before.exactly(first.messages());
        send(lab, 100, () -> after.message(topic));
        lab.startedConsumer(group, topic, "*", second);
        second.untilDistinct(100);
        after.exactly(second.messages());
    }

    private static void suspendResume(Lab lab) throws Exception {
        String topic = lab.topic(2);
        Sent sent = new Sent();
        Received received = new Received();
        Received control = new Received();
        DefaultMQPushConsumer suspended = lab.pushConsumer(lab.group(), topic, "*");
        suspended.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            received.add(messages);
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        suspended.suspend(); // Before the first pull: one that is under way would still deliver.
        suspended.start();
        send(lab, 40, () -> sent.message(topic));
        lab.startedConsumer(lab.group(), topic, "*", control);
        control.untilDistinct(40);
        Check.equal("messages received while suspended", 0, received.count());
        suspended.resume();
        received.untilDistinct(40);
        sent.exactly(received.messages());
    }

    /** A pull that is under way still delivers: here one message of each queue. */
    private static void suspendResumeRunning(Lab lab) throws Exception {
        String topic = lab.topic(2);
        Sent sent = new Sent();
        Received received = new Received();
        Received control = new Received();
        DefaultMQPushConsumer suspended = lab.pushConsumer(lab.group(), topic, "*");
        suspended.setPullBatchSize(1);
        Lab.started(suspended, received);
        send(lab, 20, () -> sent.message(topic));
        received.untilDistinct(20);
        for (int before = 20; before <= 60; before += 40) {
            suspended.suspend();
            send(lab, 40, () -> sent.message(topic));
            DefaultMQPushConsumer other = lab.startedConsumer(lab.group(), topic, "*", control);
            control.untilCount(before + 40);
            other.shutdown();
            Check.that(received.count() <= before + 2,
                    (received.count() - before) + " messages received while suspended, of 2 queues");
            suspended.resume();
            received.untilDistinct(before + 40);
            control = new Received();
        }
        sent.exactly(received.messages());
    }

    /** A pull that waits at the broker is answered when a message comes, not when its time is over. */
    private static void wakesHeldPull(Lab lab) throws Exception {
        String topic = lab.topic(1);
        Sent sent = new Sent();
        Received received = new Received();
        DefaultMQPushConsumer consumer = lab.startedConsumer(lab.group(), topic, "*", received);
        lab.untilAssignedAll(consumer, topic);
        lab.producer().send(sent.message(topic));
        received.untilCount(1); // From now on a pull waits whenever nothing is there.
        List<Long> latencies = new ArrayList<>();
        for (int i = 2; i <= 6; i++) {
            long start = System.nanoTime();
            lab.producer().send(sent.message(topic));
            received.untilCount(i);
            latencies.add((System.nanoTime() - start) / 1_000_000);
        }
        sent.exactly(received.messages());
        latencies.sort(null);
        Check.that(latencies.get(2) < 1000, "milliseconds from send to arrival: " + latencies);
    }

    private static void broadcast(Lab lab) throws Exception {
        String topic = lab.topic(4);
        String group = lab.group();
        Sent sent = new Sent();
        Received first = new Received();
        Received second = new Received();
        for (Received received : List.of(first, second)) {
            DefaultMQPushConsumer consumer = broadcastConsumer(lab, group, topic, received);
            consumer.start();
            lab.untilAssignedAll(consumer, topic);
        }
        send(lab, 100, () -> sent.message(topic));
        first.untilDistinct(100);
        second.untilDistinct(100);
        sent.exactly(first.messages());
        sent.exactly(second.messages());
    }

    private static DefaultMQPushConsumer broadcastConsumer(Lab lab, String group, String topic, Received received)
            throws Exception {
        DefaultMQPushConsumer consumer = lab.pushConsumer(group, topic, "*");
        // The class of this value moved between 4.9 and 5.
        var clustering = consumer.getMessageModel();
        consumer.setMessageModel(Enum.valueOf(clustering.getDeclaringClass(), "BROADCASTING"));
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            received.add(messages);
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        return consumer;
    }

    interface Messages {
        Message next();
    }

    static List<SendResult> send(Lab lab, int count, Messages messages) throws Exception {
        List<SendResult> results = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            results.add(lab.producer().send(messages.next()));
        }
        return results;
    }

    /** Order within each queue, and that no queue is worked on by two threads at a time. */
    static final class QueueOrder {
        private final Map<String, Long> next = new TreeMap<>();
        private final Map<String, AtomicInteger> working = new ConcurrentHashMap<>();
        private final List<String> faults = new ArrayList<>();

        void consume(List<MessageExt> messages) {
            String queue = messages.get(0).getBrokerName() + ":" + messages.get(0).getQueueId();
            AtomicInteger at = working.computeIfAbsent(queue, q -> new AtomicInteger());
            if (at.incrementAndGet() != 1) {
                fault(queue + " is worked on by two threads");
            }
            for (MessageExt message : messages) {
                step(queue, message.getQueueOffset());
            }
            at.decrementAndGet();
        }

        /** Going back is allowed (who takes over repeats what wasn't noted as done), going ahead is not. */
        private synchronized void step(String queue, long offset) {
            long expected = next.getOrDefault(queue, 0L);
            if (offset > expected) {
                fault(queue + " went from " + (expected - 1) + " to " + offset);
            }
            next.put(queue, offset + 1);
        }

        private synchronized void fault(String what) {
            faults.add(what);
        }

        synchronized void check() {
            Check.equal("faults of order", "[]", faults.toString());
        }
    }

    private Pushing() {
    }
}
