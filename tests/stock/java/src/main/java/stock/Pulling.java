package stock;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.PullCallback;
import org.apache.rocketmq.client.consumer.PullResult;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.client.consumer.store.ReadOffsetType;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Consumers that ask: the lite pull consumer and the pull consumer of 4.x. */
final class Pulling {
    static void scenarios(Map<String, Main.Scenario> into) {
        into.put("lite_pull_subscribe", Pulling::liteSubscribe);
        into.put("lite_pull_assign_seek", Pulling::liteAssign);
        into.put("lite_pull_pause_resume", Pulling::litePause);
        into.put("lite_pull_commits_by_queue", Pulling::liteCommits);
        into.put("pull_offsets", Pulling::offsets);
        into.put("pull_statuses", Pulling::statuses);
        into.put("pull_held", Pulling::held);
    }

    private static void liteSubscribe(Lab lab) throws Exception {
        String topic = lab.topic(4);
        String group = lab.group();
        Sent before = new Sent();
        Sent after = new Sent();
        Pushing.send(lab, 100, () -> before.message(topic));
        DefaultLitePullConsumer first = subscribed(lab, group, topic);
        before.exactly(poll(first, 100));
        first.commitSync();
        first.shutdown();
        Pushing.send(lab, 50, () -> after.message(topic));
        DefaultLitePullConsumer second = subscribed(lab, group, topic);
        after.exactly(poll(second, 50));
    }

    private static DefaultLitePullConsumer subscribed(Lab lab, String group, String topic) throws Exception {
        DefaultLitePullConsumer consumer = lab.litePullConsumer(group);
        consumer.setAutoCommit(false);
        consumer.subscribe(topic, "*");
        consumer.start();
        return consumer;
    }

    private static void liteAssign(Lab lab) throws Exception {
        String topic = lab.topic(2);
        Sent sent = new Sent();
        Pushing.send(lab, 40, () -> sent.message(topic));
        lab.stored(topic, 40);
        DefaultLitePullConsumer consumer = lab.litePullConsumer(lab.group());
        consumer.setAutoCommit(false);
        consumer.start();
        List<MessageQueue> queues = new ArrayList<>(consumer.fetchMessageQueues(topic));
        Check.equal("queues", lab.queues(topic).size(), queues.size());
        MessageQueue queue = queues.get(0);
        long end = lab.cluster.reader.maxOffset(queue);
        consumer.assign(List.of(queue));
        expectOffsets(consumer, 0, end); // All before the first seek: 4.9.7 loses messages of a pull that it overtakes.
        consumer.seekToBegin(queue);
        expectOffsets(consumer, 0, end);
        consumer.seek(queue, 5);
        expectOffsets(consumer, 5, end);
        consumer.commitSync();
        Check.until("offset " + end + " committed", () -> consumer.committed(queue) == end);
        Check.equal("offset of the time 0", 0L, consumer.offsetForTimestamp(queue, 0L));
        consumer.seekToEnd(queue);
        Sent later = new Sent();
        for (int i = 0; i < 5; i++) {
            lab.producer().send(later.message(topic), queue);
        }
        List<MessageExt> polled = poll(consumer, 5);
        later.exactly(polled);
        Check.equal("first offset after the end", end, polled.get(0).getQueueOffset());
    }

    private static void litePause(Lab lab) throws Exception {
        String topic = lab.topic(2);
        List<MessageQueue> queues = List.copyOf(lab.queues(topic)).subList(0, 2);
        MessageQueue open = queues.get(0);
        MessageQueue paused = queues.get(1);
        Sent first = new Sent();
        Sent kept = new Sent();
        DefaultLitePullConsumer consumer = lab.litePullConsumer(lab.group());
        consumer.assign(queues);
        consumer.pause(List.of(paused)); // Before the first pull: one that is under way would still deliver.
        consumer.start();
        for (int i = 0; i < 20; i++) {
            lab.producer().send(first.message(topic), open);
            lab.producer().send(kept.message(topic), paused);
        }
        first.exactly(poll(consumer, 20));
        Check.equal("messages of a paused queue", List.of(), consumer.poll(1_500)); // It looks every second.
        consumer.resume(List.of(paused));
        List<MessageExt> polled = poll(consumer, 20);
        kept.exactly(polled);
        expectOffsets(polled, paused, 0);
        Sent later = new Sent();
        for (MessageQueue queue : queues) {
            lab.producer().send(later.message(topic), queue);
        }
        later.exactly(poll(consumer, 2));
    }

    /** Who comes later begins at what was committed of each queue, whatever the one before has read. */
    private static void liteCommits(Lab lab) throws Exception {
        String topic = lab.topic(2);
        String group = lab.group();
        List<MessageQueue> queues = List.copyOf(lab.queues(topic)).subList(0, 2);
        Sent sent = new Sent();
        for (MessageQueue queue : queues) {
            for (int i = 0; i < 20; i++) {
                lab.producer().send(sent.message(topic), queue);
            }
        }
        DefaultLitePullConsumer first = assigned(lab, group, queues);
        sent.exactly(poll(first, 40));
        untilCommitted(first, queues.get(0), 7, () -> first.commitSync(Map.of(queues.get(0), 7L), true));
        first.shutdown();
        DefaultLitePullConsumer second = assigned(lab, group, queues);
        List<MessageExt> polled = poll(second, 33);
        expectOffsets(polled, queues.get(0), 7);
        expectOffsets(polled, queues.get(1), 0);
        untilCommitted(second, queues.get(1), 20, () -> second.commit(Set.of(queues.get(1)), true));
        second.shutdown();
        DefaultLitePullConsumer third = assigned(lab, group, queues);
        polled = poll(third, 13);
        expectOffsets(polled, queues.get(0), 7);
        Check.equal("committed", 7L, third.committed(queues.get(0)));
        Check.equal("committed", 20L, third.committed(queues.get(1)));
    }

    private static DefaultLitePullConsumer assigned(Lab lab, String group, List<MessageQueue> queues) throws Exception {
        DefaultLitePullConsumer consumer = lab.litePullConsumer(group);
        consumer.setAutoCommit(false);
        consumer.assign(queues);
        consumer.start();
        return consumer;
    }

    /** As the broker has it; a commit is refused until a heartbeat has made the group known. */
    private static void untilCommitted(DefaultLitePullConsumer consumer, MessageQueue queue, long offset, Runnable commit)
            throws Exception {
        Check.until("offset " + offset + " of " + queue + " committed", () -> {
            commit.run();
            return consumer.getOffsetStore().readOffset(queue, ReadOffsetType.READ_FROM_STORE) == offset;
        });
    }

    /** Those of the queue, from there on one by one. */
    private static void expectOffsets(List<MessageExt> messages, MessageQueue queue, long from) {
        for (MessageExt message : messages) {
            if (message.getQueueId() == queue.getQueueId() && message.getBrokerName().equals(queue.getBrokerName())) {
                Check.equal("offset in " + queue, from++, message.getQueueOffset());
            }
        }
    }

    private static void expectOffsets(DefaultLitePullConsumer consumer, long from, long to) throws Exception {
        List<MessageExt> polled = poll(consumer, (int) (to - from));
        for (MessageExt message : polled) {
            Check.equal("offset", from++, message.getQueueOffset());
        }
    }

    private static List<MessageExt> poll(DefaultLitePullConsumer consumer, int count) throws Exception {
        List<MessageExt> all = new ArrayList<>();
        Check.until(count + " messages polled", () -> {
            all.addAll(consumer.poll(200));
            return all.size() >= count;
        }, () -> "got " + all.size());
        Check.equal("messages polled", count, all.size());
        return all;
    }

    private static void offsets(Lab lab) throws Exception {
        String topic = lab.topic(1);
        Sent sent = new Sent();
        DefaultMQPullConsumer consumer = lab.pullConsumer(lab.group());
        MessageQueue queue = consumer.fetchSubscribeMessageQueues(topic).iterator().next();
        Check.equal("first offset of an empty queue", 0L, consumer.minOffset(queue));
        Check.equal("end of an empty queue", 0L, consumer.maxOffset(queue));
        SendResult last = null;
        for (int i = 0; i < 10; i++) {
            last = lab.producer().send(sent.message(topic), queue);
            // Each with a time of its own.
            long now = System.currentTimeMillis();
            Check.until("the next millisecond", () -> System.currentTimeMillis() > now + 1);
        }
        Check.equal("queue offset of the last", 9L, last.getQueueOffset());
        List<MessageExt> stored = lab.stored(topic, 10);
        Check.equal("end", 10L, consumer.maxOffset(queue));
        Check.equal("first offset", 0L, consumer.minOffset(queue));
        Check.equal("time of the first", stored.get(0).getStoreTimestamp(), consumer.earliestMsgStoreTime(queue));
        for (MessageExt message : stored) {
            Check.equal("offset of its time", message.getQueueOffset(),
                    consumer.searchOffset(queue, message.getStoreTimestamp()));
        }
        if (lab.cluster.brokerIs5()) { // Before, it was the nearest, which may be the one before.
            Check.equal("offset of the time between", 5L,
                    consumer.searchOffset(queue, stored.get(4).getStoreTimestamp() + 1));
        }
        Check.equal("offset of the time 0", 0L, consumer.searchOffset(queue, 0));
        // None is stored; on a topic so young that makes 0.
        Check.equal("stored offset of a new group", 0L, consumer.fetchConsumeOffset(queue, true));
        Check.until("offset stored", () -> { // It is refused until a heartbeat has made the group known.
            consumer.getOffsetStore().updateConsumeOffsetToBroker(queue, 7, false);
            return consumer.fetchConsumeOffset(queue, true) == 7;
        });
    }

    private static void statuses(Lab lab) throws Exception {
        String topic = lab.topic(1);
        DefaultMQPullConsumer consumer = lab.pullConsumer(lab.group());
        MessageQueue queue = consumer.fetchSubscribeMessageQueues(topic).iterator().next();
        expect(PullStatus.NO_NEW_MSG, 0, consumer.pull(queue, "*", 0, 32));
        Sent sent = new Sent();
        for (int i = 0; i < 20; i++) {
            lab.producer().send(sent.message(topic, i < 10 ? "A" : "B"), queue);
        }
        lab.stored(topic, 20);
        PullResult found = consumer.pull(queue, "*", 4, 8);
        expect(PullStatus.FOUND, 12, found);
        Check.equal("messages", 8, found.getMsgFoundList().size());
        Check.equal("first", 4L, found.getMsgFoundList().get(0).getQueueOffset());
        Check.equal("min offset", 0L, found.getMinOffset());
        Check.equal("max offset", 20L, found.getMaxOffset());
        PullResult filtered = consumer.pull(queue, "B", 0, 32);
        expect(PullStatus.FOUND, 20, filtered);
        Check.equal("messages with the tag", 10, filtered.getMsgFoundList().size());
        expect(PullStatus.NO_MATCHED_MSG, 20, consumer.pull(queue, "C", 0, 32));
        expect(PullStatus.NO_NEW_MSG, 20, consumer.pull(queue, "*", 20, 32));
        expect(PullStatus.OFFSET_ILLEGAL, 20, consumer.pull(queue, "*", 50, 32));
        Check.refused("a queue that isn't there", "CODE: ",
                () -> consumer.pull(new MessageQueue(topic, queue.getBrokerName(), 99), "*", 0, 32));
        Check.refused("a topic that isn't there", "CODE: 17",
                () -> consumer.pull(new MessageQueue(lab.fresh("missing"), queue.getBrokerName(), 0), "*", 0, 32));
    }

    private static void held(Lab lab) throws Exception {
        String topic = lab.topic(1);
        Sent sent = new Sent();
        DefaultMQPullConsumer consumer = lab.pullConsumer(lab.group());
        MessageQueue queue = consumer.fetchSubscribeMessageQueues(topic).iterator().next();
        CompletableFuture<PullResult> answer = new CompletableFuture<>();
        consumer.pullBlockIfNotFound(queue, "*", 0, 32, new PullCallback() {
            @Override
            public void onSuccess(PullResult result) {
                answer.complete(result);
            }

            @Override
            public void onException(Throwable error) {
                answer.completeExceptionally(error);
            }
        });
        // It stays open as long as nothing is there ...
        try {
            answer.get(500, TimeUnit.MILLISECONDS);
            throw new Check.Failed("a pull of an empty queue was answered at once");
        } catch (java.util.concurrent.TimeoutException expected) {
            lab.producer().send(sent.message(topic), queue);
        }
        // ... and is answered when something is.
        PullResult result = answer.get(10, TimeUnit.SECONDS);
        expect(PullStatus.FOUND, 1, result);
        sent.exactly(result.getMsgFoundList());
    }

    private static void expect(PullStatus status, long next, PullResult result) {
        Check.equal("status", status, result.getPullStatus());
        Check.equal("next offset", next, result.getNextBeginOffset());
    }

    private Pulling() {
    }
}
