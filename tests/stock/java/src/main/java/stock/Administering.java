package stock;

import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.rocketmq.client.QueryResult;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Queries, and what operators' tools ask through the admin client. */
final class Administering {
    /** Held by who resets offsets through the broker: whether it does so itself is a setting that a scenario changes. */
    private static final ReentrantLock RESETS = new ReentrantLock();

    static void scenarios(Map<String, Main.Scenario> into) {
        into.put("query_by_key", Administering::queryByKey);
        into.put("view_message", Administering::viewMessage);
        into.put("admin_topic_life", Administering::topicLife);
        into.put("admin_topic_stats", Administering::topicStats);
        into.put("admin_consume_stats", Administering::consumeStats);
        into.put("admin_cluster_info", Administering::clusterInfo);
        into.put("admin_clients", Administering::clients);
        into.put("admin_reset_offset", Administering::resetOffset);
        into.put("admin_reset_offset_offline", lab -> alone(lab, Administering::resetOffsetOffline));
        into.put("admin_reset_offset_online", lab -> alone(lab, Administering::resetOffsetOnline));
        into.put("admin_broker_config", Administering::brokerConfig);
    }

    private static void queryByKey(Lab lab) throws Exception {
        String topic = lab.topic(2);
        String other = lab.topic(1);
        for (int i = 0; i < 10; i++) {
            Message message = new Message(topic, "", "", ("body " + i).getBytes());
            message.setKeys(List.of("common", "own" + i));
            lab.producer().send(message);
        }
        lab.producer().send(new Message(other, "", "common", "elsewhere".getBytes()));
        Check.until("10 messages with the key", () -> query(lab, topic, "common").size() == 10);
        for (int i = 0; i < 10; i++) {
            List<MessageExt> found = query(lab, topic, "own" + i);
            Check.equal("messages with the key own" + i, 1, found.size());
            Check.equal("body", "body " + i, new String(found.get(0).getBody()));
            Check.equal("keys", "common own" + i, found.get(0).getKeys());
        }
        Check.refused("a key nobody used", "CODE: 208", () -> query(lab, topic, "nobody's"));
        long past = System.currentTimeMillis() - 3_600_000;
        Check.refused("the key an hour ago", "CODE: 208",
                () -> lab.admin().queryMessage(topic, "common", 32, past - 60_000, past));
    }

    private static List<MessageExt> query(Lab lab, String topic, String key) throws Exception {
        long now = System.currentTimeMillis();
        QueryResult result = lab.admin().queryMessage(topic, key, 32, now - 600_000, now + 600_000);
        return result.getMessageList();
    }

    private static void viewMessage(Lab lab) throws Exception {
        String topic = lab.topic(1);
        Message message = new Message(topic, "tag", "key", "to be viewed".getBytes());
        SendResult result = lab.producer().send(message);
        for (String id : List.of(result.getOffsetMsgId(), result.getMsgId())) {
            Check.until("message by the id " + id, () -> lab.admin().viewMessage(topic, id) != null);
            MessageExt viewed = lab.admin().viewMessage(topic, id);
            Check.equal("body", "to be viewed", new String(viewed.getBody()));
            Check.equal("topic", topic, viewed.getTopic());
            Check.equal("keys", "key", viewed.getKeys());
            Check.equal("queue offset", 0L, viewed.getQueueOffset());
            Check.equal("message id", result.getMsgId(), viewed.getMsgId());
        }
    }

    private static void topicLife(Lab lab) throws Exception {
        String topic = lab.fresh("topic");
        lab.createTopic(topic, 3, 2);
        Check.equal("queues to send to", 2 * lab.cluster.masters().size(),
                lab.producer().fetchPublishMessageQueues(topic).size());
        Check.equal("queues to read from", 3 * lab.cluster.masters().size(), lab.queues(topic).size());
        lab.createTopic(topic, 5, 5);
        Check.equal("queues after the change", 5 * lab.cluster.masters().size(), lab.queues(topic).size());
        Check.that(lab.admin().fetchAllTopicList().getTopicList().contains(topic), "not in the list of topics");
        for (String master : lab.cluster.masterAddresses()) {
            var known = lab.admin().getAllTopicConfig(master, 10_000).getTopicConfigTable();
            TopicConfig config = known.get(topic);
            Check.that(config != null, "no configuration at " + master);
            Check.equal("read queues at " + master, 5, config.getReadQueueNums());
            Check.equal("permission at " + master, 6, config.getPerm());
        }
        lab.admin().deleteTopicInBroker(new HashSet<>(lab.cluster.masterAddresses()), topic);
        String clusterName = lab.admin().examineBrokerClusterInfo().getClusterAddrTable().keySet().iterator().next();
        Set<String> namesrvs = Set.of(lab.cluster.namesrv.split(";"));
        if (Cluster.CLIENT_IS_5) { // The two names changed places.
            lab.admin().deleteTopicInNameServer(namesrvs, clusterName, topic);
        } else {
            lab.admin().deleteTopicInNameServer(namesrvs, topic, clusterName);
        }
        Check.refused("the route of a deleted topic", "CODE: 17", () -> lab.admin().examineTopicRouteInfo(topic));
        Check.that(!lab.admin().fetchAllTopicList().getTopicList().contains(topic), "still in the list of topics");
    }

    private static void topicStats(Lab lab) throws Exception {
        String topic = lab.topic(4);
        Sent sent = new Sent();
        Map<MessageQueue, Long> ends = new TreeMap<>();
        long before = System.currentTimeMillis();
        for (SendResult result : Pushing.send(lab, 30, () -> sent.message(topic))) {
            ends.put(result.getMessageQueue(), result.getQueueOffset() + 1);
        }
        lab.stored(topic, 30);
        var table = lab.admin().examineTopicStats(topic).getOffsetTable();
        Check.equal("queues", lab.queues(topic), new java.util.TreeSet<>(table.keySet()));
        table.forEach((queue, offsets) -> {
            Check.equal("min offset of " + queue, 0L, offsets.getMinOffset());
            Check.equal("max offset of " + queue, ends.getOrDefault(queue, 0L), offsets.getMaxOffset());
            Check.that(!ends.containsKey(queue) || offsets.getLastUpdateTimestamp() >= before,
                    "last update of " + queue + " is older than its messages");
        });
    }

    private static void consumeStats(Lab lab) throws Exception {
        String topic = lab.topic(2);
        String group = lab.group();
        Sent first = new Sent();
        Sent second = new Sent();
        Received received = new Received();
        Pushing.send(lab, 30, () -> first.message(topic));
        DefaultMQPushConsumer consumer = lab.startedConsumer(group, topic, "*", received);
        received.untilDistinct(30);
        consumer.shutdown();
        Check.until("nothing left to consume",
                () -> lab.admin().examineConsumeStats(group, topic).computeTotalDiff() == 0);
        Pushing.send(lab, 12, () -> second.message(topic));
        lab.stored(topic, 42);
        var stats = lab.admin().examineConsumeStats(group);
        long ends = 0;
        long consumed = 0;
        for (var entry : stats.getOffsetTable().entrySet()) {
            if (entry.getKey().getTopic().equals(topic)) {
                ends += entry.getValue().getBrokerOffset();
                consumed += entry.getValue().getConsumerOffset();
            }
        }
        Check.equal("sum of the queues' ends", 42L, ends);
        Check.equal("sum of the consumer's offsets", 30L, consumed);
        Check.equal("left to consume", 12L, lab.admin().examineConsumeStats(group, topic).computeTotalDiff());
    }

    private static void clusterInfo(Lab lab) throws Exception {
        var info = lab.admin().examineBrokerClusterInfo();
        Check.that(!info.getClusterAddrTable().isEmpty(), "no cluster");
        for (var cluster : info.getClusterAddrTable().entrySet()) {
            for (String name : cluster.getValue()) {
                var broker = info.getBrokerAddrTable().get(name);
                Check.equal("cluster of " + name, cluster.getKey(), broker.getCluster());
                for (String address : broker.getBrokerAddrs().values()) {
                    Map<String, String> stats = lab.admin().fetchBrokerRuntimeStats(address).getTable();
                    for (String key : List.of("brokerVersionDesc", "msgPutTotalTodayNow", "putTps",
                            "getTotalTps", "commitLogMaxOffset", "commitLogMinOffset", "bootTimestamp")) {
                        Check.that(stats.containsKey(key), "the broker's statistics lack " + key);
                    }
                }
            }
        }
    }

    private static void clients(Lab lab) throws Exception {
        String topic = lab.topic(2);
        String group = lab.group();
        Received received = new Received();
        DefaultMQPushConsumer consumer = lab.startedConsumer(group, topic, "A", received);
        lab.untilAssignedAll(consumer, topic);
        String id = consumer.buildMQClientId();
        Check.until("the consumer known", () -> !lab.admin().examineConsumerConnectionInfo(group).getConnectionSet().isEmpty());
        var connection = lab.admin().examineConsumerConnectionInfo(group);
        Check.equal("connections", 1, connection.getConnectionSet().size());
        var client = connection.getConnectionSet().iterator().next();
        Check.equal("client id", id, client.getClientId());
        Check.equal("language", "JAVA", client.getLanguage().name());
        Check.equal("subscription", "A", connection.getSubscriptionTable().get(topic).getSubString());
        Check.equal("kind", "CONSUME_PASSIVELY", connection.getConsumeType().name());
        // The broker asks the client, and hands on what it says.
        var running = lab.admin().getConsumerRunningInfo(group, id, false);
        Check.that(running.getMqTable().keySet().containsAll(lab.queues(topic)), "the client's own list lacks its queues");
        Pushing.send(lab, 8, () -> new Message(topic, "A", "", "x".getBytes()));
        received.untilCount(8);
        Check.until("the offsets that the client itself tells", () -> lab.admin().getConsumeStatus(topic, group, id)
                .getOrDefault(id, Map.of()).values().stream().mapToLong(Long::longValue).sum() == 8);
        Check.equal("clients asked", Set.of(id), lab.admin().getConsumeStatus(topic, group, "").keySet());
        Check.that(lab.admin().queryTopicConsumeByWho(topic).getGroupList().contains(group),
                "the group is not among the topic's groups");
        consumer.shutdown();
        Check.until("the consumer forgotten", () -> {
            try {
                return lab.admin().examineConsumerConnectionInfo(group).getConnectionSet().isEmpty();
            } catch (Exception e) {
                return e.toString().contains("CODE: 206");
            }
        });
    }

    private static void resetOffset(Lab lab) throws Exception {
        String topic = lab.topic(2);
        String group = lab.group();
        Sent sent = new Sent();
        Received first = new Received();
        Received second = new Received();
        Pushing.send(lab, 20, () -> sent.message(topic));
        DefaultMQPushConsumer consumer = lab.startedConsumer(group, topic, "*", first);
        first.untilDistinct(20);
        consumer.shutdown();
        Check.until("nothing left to consume",
                () -> lab.admin().examineConsumeStats(group, topic).computeTotalDiff() == 0);
        lab.admin().resetOffsetByTimestampOld(group, topic, 0, true); // No member is there to be told.
        Check.until("all to consume again",
                () -> lab.admin().examineConsumeStats(group, topic).computeTotalDiff() == 20);
        lab.startedConsumer(group, topic, "*", second);
        second.untilDistinct(20);
        sent.exactly(second.messages());
    }

    private static void alone(Lab lab, Main.Scenario scenario) throws Exception {
        RESETS.lockInterruptibly();
        try {
            scenario.run(lab);
        } finally {
            RESETS.unlock();
        }
    }

    /** By time and by offset, while nobody of the group is there. */
    private static void resetOffsetOffline(Lab lab) throws Exception {
        if (!lab.cluster.brokerIs5()) {
            throw new Main.Skip("a broker of 4.9 asks the members of the group to go there");
        }
        String topic = lab.topic(2);
        String group = lab.group();
        Sent old = new Sent();
        Sent young = new Sent();
        Sent last = new Sent();
        Pushing.send(lab, 20, () -> old.message(topic));
        long boundary = System.currentTimeMillis() + 1;
        Check.until("the time behind the first messages", () -> System.currentTimeMillis() > boundary);
        Pushing.send(lab, 20, () -> young.message(topic));
        lab.stored(topic, 40);
        consumedUpTo(lab, group, topic, 40);
        var reset = lab.admin().resetOffsetByTimestamp(topic, group, boundary, true);
        Check.equal("queues reset", lab.queues(topic), reset.keySet());
        young.exactly(consumedUpTo(lab, group, topic, 20).messages());
        if (Cluster.CLIENT_IS_5) { // That of 4.9 has no such call.
            for (MessageQueue queue : lab.queues(topic)) {
                for (int i = 0; i < 3; i++) {
                    lab.producer().send(last.message(topic), queue);
                }
            }
            lab.stored(topic, 46);
            consumedUpTo(lab, group, topic, 6);
            for (MessageQueue queue : lab.queues(topic)) {
                resetTo(lab, group, queue, lab.cluster.reader.maxOffset(queue) - 3);
            }
            last.exactly(consumedUpTo(lab, group, topic, 6).messages());
        }
    }

    /** By a member that comes for so many messages, and goes. */
    private static Received consumedUpTo(Lab lab, String group, String topic, int messages) throws Exception {
        Received received = new Received();
        DefaultMQPushConsumer consumer = lab.startedConsumer(group, topic, "*", received);
        received.untilCount(messages);
        consumer.shutdown();
        Check.until("nothing left to consume",
                () -> lab.admin().examineConsumeStats(group, topic).computeTotalDiff() == 0);
        Check.equal("messages that came", messages, received.count());
        return received;
    }

    private static void resetTo(Lab lab, String group, MessageQueue queue, long offset) throws Exception {
        lab.admin().getClass()
                .getMethod("resetOffsetByQueueId", String.class, String.class, String.class, int.class, long.class)
                .invoke(lab.admin(), lab.cluster.masters().get(queue.getBrokerName()), group, queue.getTopic(),
                        queue.getQueueId(), offset);
    }

    /** A consumer that runs goes there with its next pull, or is told to by the broker. */
    private static void resetOffsetOnline(Lab lab) throws Exception {
        String topic = lab.topic(1);
        String group = lab.group();
        Sent sent = new Sent();
        Received received = new Received();
        Pushing.send(lab, 20, () -> sent.message(topic));
        lab.startedConsumer(group, topic, "*", received);
        received.untilDistinct(20);
        for (String serverSide : List.of("true", "false")) {
            setEverywhere(lab, "useServerSideResetOffset", serverSide);
            againFrom(lab, group, topic, received, 20,
                    () -> lab.admin().resetOffsetByTimestamp(topic, group, 0, true));
        }
        setEverywhere(lab, "useServerSideResetOffset", "true");
        if (Cluster.CLIENT_IS_5) { // That of 4.9 has no such call.
            MessageQueue queue = lab.queues(topic).iterator().next();
            long end = lab.cluster.reader.maxOffset(queue);
            againFrom(lab, group, topic, received, 3, () -> resetTo(lab, group, queue, end - 3));
        }
        sent.atLeastOnce(received.messages());
    }

    private interface Reset {
        void run() throws Exception;
    }

    /** So many messages come once more. */
    private static void againFrom(Lab lab, String group, String topic, Received received, int messages, Reset reset)
            throws Exception {
        Check.until("nothing left to consume",
                () -> lab.admin().examineConsumeStats(group, topic).computeTotalDiff() == 0);
        int before = received.count();
        reset.run();
        received.untilCount(before + messages);
        Check.equal("messages that came once more", messages, received.count() - before);
    }

    private static void setEverywhere(Lab lab, String key, String value) throws Exception {
        var change = new java.util.Properties();
        change.setProperty(key, value);
        for (String master : lab.cluster.masterAddresses()) {
            lab.admin().updateBrokerConfig(master, change);
        }
    }

    private static void brokerConfig(Lab lab) throws Exception {
        String master = lab.cluster.masterAddresses().get(0);
        var before = lab.admin().getBrokerConfig(master);
        Check.that(lab.cluster.masters().containsKey(before.getProperty("brokerName")), "no broker name in " + before);
        var change = new java.util.Properties();
        change.setProperty("fileReservedTime", "49");
        lab.admin().updateBrokerConfig(master, change);
        Check.equal("fileReservedTime", "49", lab.admin().getBrokerConfig(master).getProperty("fileReservedTime"));
        change.setProperty("fileReservedTime", before.getProperty("fileReservedTime"));
        lab.admin().updateBrokerConfig(master, change);
    }

    private Administering() {
    }
}
