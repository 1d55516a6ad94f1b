package stock;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.consumer.rebalance.AllocateMessageQueueAveragely;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.remoting.RPCHook;
import org.apache.rocketmq.remoting.protocol.RemotingCommand;

/** Members of a group: queues are split when one joins and come back when it leaves, under load; how members stay known. */
final class Sharing {
    /**
     * For queues of an ordered group to change hands. A lock that is not given up lasts 60 s from when it was last renewed,
     * which all members do when they start. One that is: its new owner tries again every 20 s; a member that is told to
     * give up a queue whose messages it works on says so 20 s later, one that ends says so at once.
     */
    private static final long HANDED_OVER_S = 45;
    private static final long LEFT_S = 30;

    static void scenarios(Map<String, Main.Scenario> into) {
        into.put("rebalance_concurrent", Sharing::concurrent);
        into.put("rebalance_orderly", Sharing::orderly);
        into.put("more_members_than_queues", Sharing::surplus);
        if (Cluster.CLIENT_IS_5) { // That of 4.9 says all in each heartbeat.
            into.put("heartbeat_v2", Sharing::heartbeatV2);
        }
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
            untilSplit(lab, topic, first, second, HANDED_OVER_S);
            load.untilMore(50);
            second.shutdown();
            lab.untilAssignedAll(first, topic, LEFT_S);
            load.untilMore(50);
        }
        received.untilDistinct(sent.count());
        sent.atLeastOnce(received.messages());
        order.check();
    }

    /** Who has no queue gets nothing, until another one goes. */
    private static void surplus(Lab lab) throws Exception {
        String topic = lab.topic(2);
        String group = lab.group();
        Set<MessageQueue> queues = lab.queues(topic);
        Sent sent = new Sent();
        Received all = new Received();
        Map<DefaultMQPushConsumer, Received> members = new LinkedHashMap<>();
        for (int i = 0; i <= queues.size(); i++) {
            Received received = new Received();
            members.put(lab.startedConsumer(group, topic, "*", received, all), received);
        }
        untilOneEach(topic, members.keySet(), queues);
        DefaultMQPushConsumer idle = withQueues(topic, members.keySet(), 0);
        DefaultMQPushConsumer goes = withQueues(topic, members.keySet(), 1);
        sendToEach(lab, queues, 10, sent);
        all.untilDistinct(sent.count());
        Check.equal("messages of a member without a queue", 0, members.get(idle).count());
        members.remove(goes);
        // One that goes right after its last message may not have noted it as done.
        Check.until("nothing left to consume", () -> lab.admin().examineConsumeStats(group, topic).computeTotalDiff() == 0);
        goes.shutdown();
        untilOneEach(topic, members.keySet(), queues);
        sendToEach(lab, queues, 10, sent);
        all.untilDistinct(sent.count());
        sent.exactly(all.messages());
        List<MessageExt> taken = members.get(idle).messages();
        MessageQueue queue = Lab.assigned(idle, topic).iterator().next();
        Check.equal("messages of who took over", 10, taken.size());
        for (MessageExt message : taken) {
            Check.equal("queue", queue, new MessageQueue(topic, message.getBrokerName(), message.getQueueId()));
            Check.that(message.getQueueOffset() >= 10, "it got what the member before had consumed: " + message);
        }
    }

    private static void sendToEach(Lab lab, Set<MessageQueue> queues, int count, Sent sent) throws Exception {
        for (MessageQueue queue : queues) {
            for (int i = 0; i < count; i++) {
                lab.producer().send(sent.message(queue.getTopic()), queue);
            }
        }
    }

    /** No member has two. */
    private static void untilOneEach(String topic, Set<DefaultMQPushConsumer> members, Set<MessageQueue> queues)
            throws Exception {
        Check.until("a queue each, as long as there are any", () -> {
            Set<MessageQueue> taken = new HashSet<>();
            for (DefaultMQPushConsumer member : members) {
                Set<MessageQueue> own = Lab.assigned(member, topic);
                if (own.size() > 1 || !Collections.disjoint(taken, own)) {
                    return false;
                }
                taken.addAll(own);
            }
            return taken.equals(queues);
        }, () -> "have " + members.stream().map(member -> Lab.assigned(member, topic).size()).toList());
    }

    /** The first member with so many queues. */
    private static DefaultMQPushConsumer withQueues(String topic, Set<DefaultMQPushConsumer> members, int count) {
        return members.stream().filter(member -> Lab.assigned(member, topic).size() == count).findFirst().orElseThrow();
    }

    /** With heartbeats of version 2 a client may leave out its subscriptions; the broker has to know them all the same. */
    private static void heartbeatV2(Lab lab) throws Exception {
        String topic = lab.topic(4);
        String group = lab.group();
        Sent wanted = new Sent();
        Sent unwanted = new Sent();
        Received received = new Received();
        Heartbeats firstBeats = new Heartbeats();
        Heartbeats secondBeats = new Heartbeats();
        DefaultMQPushConsumer first = beatingConsumer(lab, group, topic, received, firstBeats);
        lab.untilAssignedAll(first, topic);
        DefaultMQPushConsumer second = beatingConsumer(lab, group, topic, received, secondBeats);
        untilSplit(lab, topic, first, second);
        firstBeats.untilMore(6);
        secondBeats.untilMore(6);
        checkKnown(lab, group, topic, first, second);
        sendWithTags(lab, topic, wanted, unwanted);
        received.untilDistinct(wanted.count());
        second.shutdown();
        lab.untilAssignedAll(first, topic);
        firstBeats.untilMore(6);
        checkKnown(lab, group, topic, first);
        sendWithTags(lab, topic, wanted, unwanted);
        received.untilDistinct(wanted.count());
        wanted.exactly(received.messages());
    }

    private static DefaultMQPushConsumer beatingConsumer(Lab lab, String group, String topic, Received received,
            Heartbeats heartbeats) throws Exception {
        DefaultMQPushConsumer consumer =
                new DefaultMQPushConsumer(group, heartbeats, new AllocateMessageQueueAveragely());
        Lab.set(consumer, "setUseHeartbeatV2", boolean.class, true);
        lab.pushConsumer(consumer, topic, "A || B");
        consumer.setHeartbeatBrokerInterval(500);
        return Lab.started(consumer, received);
    }

    private static void sendWithTags(Lab lab, String topic, Sent wanted, Sent unwanted) throws Exception {
        for (int i = 0; i < 20; i++) {
            lab.producer().send(wanted.message(topic, "A"));
            lab.producer().send(unwanted.message(topic, "C"));
            lab.producer().send(wanted.message(topic, "B"));
        }
    }

    private static void checkKnown(Lab lab, String group, String topic, DefaultMQPushConsumer... members) throws Exception {
        var known = lab.admin().examineConsumerConnectionInfo(group);
        Check.equal("members", Arrays.stream(members).map(DefaultMQPushConsumer::buildMQClientId).collect(Collectors.toSet()),
                known.getConnectionSet().stream().map(client -> client.getClientId()).collect(Collectors.toSet()));
        Check.equal("topics", Set.of(topic, "%RETRY%" + group), known.getSubscriptionTable().keySet());
        Check.equal("subscription", "A || B", known.getSubscriptionTable().get(topic).getSubString());
    }

    /** Counts those of version 2, which carry a fingerprint of what the client subscribes to. */
    private static final class Heartbeats implements RPCHook {
        private static final Pattern FINGERPRINT = Pattern.compile("\"heartbeatFingerprint\":-?[1-9]");
        private final AtomicInteger count = new AtomicInteger();

        @Override
        public void doBeforeRequest(String address, RemotingCommand request) {
            if (request.getCode() == 34 && FINGERPRINT.matcher(new String(request.getBody(), UTF_8)).find()) {
                count.incrementAndGet();
            }
        }

        @Override
        public void doAfterResponse(String address, RemotingCommand request, RemotingCommand response) {
        }

        void untilMore(int more) throws Exception {
            int start = count.get();
            Check.until(more + " more heartbeats of version 2", () -> count.get() >= start + more);
        }
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
        untilSplit(lab, topic, first, second, Check.DEADLINE_S);
    }

    private static void untilSplit(Lab lab, String topic, DefaultMQPushConsumer first, DefaultMQPushConsumer second,
            long seconds) throws Exception {
        Set<MessageQueue> all = lab.queues(topic);
        Check.until("queues split evenly", seconds, () -> {
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
