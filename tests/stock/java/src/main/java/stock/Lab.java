package stock;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.ClientConfig;
import org.apache.rocketmq.client.consumer.DefaultLitePullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPullConsumer;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.PullStatus;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.common.TopicConfig;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;
import org.apache.rocketmq.tools.admin.DefaultMQAdminExt;

/** What one scenario works with: names of its own, and clients that are closed when it ends. */
final class Lab implements AutoCloseable {
    final Cluster cluster;
    private final String name;
    private final AtomicInteger number = new AtomicInteger();
    private final Deque<Runnable> closing = new ArrayDeque<>();

    Lab(Cluster cluster, String name) {
        this.cluster = cluster;
        this.name = name;
    }

    DefaultMQAdminExt admin() {
        return cluster.admin;
    }

    DefaultMQProducer producer() {
        return cluster.producer;
    }

    /** A name nobody else uses. */
    String fresh(String kind) {
        return name + "-" + kind + number.incrementAndGet() + "-" + cluster.run;
    }

    String group() {
        return fresh("group");
    }

    /** A new topic with that many queues on each master, visible to clients. */
    String topic(int queues) throws Exception {
        String topic = fresh("topic");
        createTopic(topic, queues, queues);
        return topic;
    }

    void createTopic(String topic, int readQueues, int writeQueues) throws Exception {
        List<String> masters = cluster.masterAddresses();
        for (String master : masters) {
            admin().createAndUpdateTopicConfig(master, new TopicConfig(topic, readQueues, writeQueues, 6));
        }
        Check.until("route of " + topic, () -> {
            var route = admin().examineTopicRouteInfo(topic);
            return route.getQueueDatas().size() == masters.size() && route.getQueueDatas().stream()
                    .allMatch(q -> q.getReadQueueNums() == readQueues && q.getWriteQueueNums() == writeQueues);
        });
    }

    /**
     * A new group whose retry topic is known to the NameServer. (The broker creates it at the group's first heartbeat;
     * a consumer that looked before then has its retries only after the next poll and the next rebalance, up to 50 s.)
     */
    String groupThatRetries(String topic) throws Exception {
        return groupThatRetries(group(), topic);
    }

    String groupThatRetries(String group, String topic) throws Exception {
        DefaultMQPushConsumer first = pushConsumer(group, topic, "*");
        first.registerMessageListener((MessageListenerConcurrently) (m, c) -> ConsumeConcurrentlyStatus.RECONSUME_LATER);
        first.start();
        Check.until("route of the retry topic of " + group,
                () -> !admin().examineTopicRouteInfo("%RETRY%" + group).getQueueDatas().isEmpty());
        first.shutdown();
        return group;
    }

    DefaultMQPushConsumer pushConsumer(String group, String topic, String tags) throws Exception {
        return pushConsumer(new DefaultMQPushConsumer(group), topic, tags);
    }

    DefaultMQPushConsumer pushConsumer(DefaultMQPushConsumer consumer, String topic, String tags) throws Exception {
        own(consumer);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setConsumeThreadMin(4);
        consumer.setConsumeThreadMax(4);
        consumer.subscribe(topic, tags);
        closing.push(consumer::shutdown);
        return consumer;
    }

    /** Started, and noting all it gets. */
    DefaultMQPushConsumer startedConsumer(String group, String topic, String tags, Received... received) throws Exception {
        return started(pushConsumer(group, topic, tags), received);
    }

    static DefaultMQPushConsumer started(DefaultMQPushConsumer consumer, Received... received) throws Exception {
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (Received each : received) {
                each.add(messages);
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        return consumer;
    }

    DefaultLitePullConsumer litePullConsumer(String group) {
        DefaultLitePullConsumer consumer = own(new DefaultLitePullConsumer(group));
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        closing.push(consumer::shutdown);
        return consumer;
    }

    DefaultMQPullConsumer pullConsumer(String group) throws Exception {
        DefaultMQPullConsumer consumer = own(new DefaultMQPullConsumer(group));
        closing.push(consumer::shutdown);
        consumer.start();
        return consumer;
    }

    /** Not started yet. */
    DefaultMQProducer newProducer() {
        return newProducer(new DefaultMQProducer(group()));
    }

    TransactionMQProducer transactionProducer() {
        return newProducer(new TransactionMQProducer(group()));
    }

    <P extends DefaultMQProducer> P newProducer(P producer) {
        own(producer);
        producer.setSendMsgTimeout(10_000);
        closing.push(producer::shutdown);
        return producer;
    }

    private <C extends ClientConfig> C own(C client) {
        client.setNamesrvAddr(cluster.namesrv);
        client.setInstanceName(fresh("client"));
        // Instead of 30 s: a 5.5.0 consumer whose first heartbeat and first rebalance overlap leaves the broker with an
        // older version of its subscription, and is refused every pull (code 25) until the next heartbeat.
        client.setHeartbeatBrokerInterval(2_000);
        return client;
    }

    /** Sets what clients of 4.9 don't have. */
    static void set(ClientConfig client, String setter, Class<?> type, Object value) throws Exception {
        client.getClass().getMethod(setter, type).invoke(client, value);
    }

    /** The queues of the topic that the consumer has now. */
    static Set<MessageQueue> assigned(DefaultMQPushConsumer consumer, String topic) {
        Set<MessageQueue> queues = new TreeSet<>();
        for (MessageQueue queue : consumer.getDefaultMQPushConsumerImpl().getRebalanceImpl().getProcessQueueTable().keySet()) {
            if (queue.getTopic().equals(topic)) {
                queues.add(queue);
            }
        }
        return queues;
    }

    Set<MessageQueue> queues(String topic) throws Exception {
        return new TreeSet<>(cluster.reader.fetchSubscribeMessageQueues(topic));
    }

    void untilAssignedAll(DefaultMQPushConsumer consumer, String topic) throws Exception {
        untilAssignedAll(consumer, topic, Check.DEADLINE_S);
    }

    void untilAssignedAll(DefaultMQPushConsumer consumer, String topic, long seconds) throws Exception {
        Set<MessageQueue> all = queues(topic);
        Check.until("all " + all.size() + " queues of " + topic + " assigned", seconds,
                () -> assigned(consumer, topic).equals(all), () -> "has " + assigned(consumer, topic));
    }

    /** All that the topic holds once it holds `count` messages, by queue and offset; fails if it holds more. */
    List<MessageExt> stored(String topic, int count) throws Exception {
        List<MessageExt> all = new ArrayList<>();
        Check.until(count + " messages in " + topic, () -> {
            all.clear();
            all.addAll(stored(topic));
            return all.size() >= count;
        }, () -> "has " + all.size());
        Check.equal("messages in " + topic, count, all.size());
        all.sort(Comparator.comparing(MessageExt::getBrokerName).thenComparing(MessageExt::getQueueId)
                .thenComparing(MessageExt::getQueueOffset));
        return all;
    }

    /** All that the topic holds now, queue by queue. */
    List<MessageExt> stored(String topic) throws Exception {
        List<MessageExt> all = new ArrayList<>();
        for (MessageQueue queue : queues(topic)) {
            read(queue, all);
        }
        return all;
    }

    private void read(MessageQueue queue, List<MessageExt> into) throws Exception {
        long next = cluster.reader.minOffset(queue);
        while (next < cluster.reader.maxOffset(queue)) {
            var result = cluster.reader.pull(queue, "*", next, 32, 10_000);
            Check.equal("status of a pull at " + next + " of " + queue, PullStatus.FOUND, result.getPullStatus());
            for (MessageExt message : result.getMsgFoundList()) {
                Check.equal("queue offset in " + queue, next++, message.getQueueOffset());
                into.add(message);
            }
            Check.equal("next offset of " + queue, next, result.getNextBeginOffset());
        }
    }

    @Override
    public void close() {
        for (Runnable close : closing) {
            try {
                close.run();
            } catch (RuntimeException e) {
                // Closing what never started, or was closed already, is no matter of the scenario.
            }
        }
    }
}
