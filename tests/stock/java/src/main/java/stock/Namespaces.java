package stock;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.MessageExt;

/** Clients with a namespace: that of 4.x is a part of all names that leave the client, that of 5.x of none. */
final class Namespaces {
    static void scenarios(Map<String, Main.Scenario> into) {
        into.put("namespace", Namespaces::wrapped);
        if (Cluster.CLIENT_IS_5) {
            into.put("namespace_v2", Namespaces::beside);
        }
    }

    private static void wrapped(Lab lab) throws Exception {
        String namespace = lab.fresh("ns");
        String topic = lab.topic(2); // Of the same name outside of the namespace.
        String group = lab.group();
        String wrappedTopic = namespace + "%" + topic;
        String wrappedGroup = namespace + "%" + group;
        lab.createTopic(wrappedTopic, 2, 2);
        lab.groupThatRetries(wrappedGroup, wrappedTopic);
        DefaultMQProducer producer = lab.newProducer(new DefaultMQProducer(namespace, lab.group()));
        producer.start();
        Sent outside = new Sent();
        Pushing.send(lab, 10, () -> outside.message(topic));
        Sent sent = new Sent();
        consumeWithRetry(lab, producer, new DefaultMQPushConsumer(namespace, group), topic, sent);
        var known = lab.admin().examineConsumerConnectionInfo(wrappedGroup).getSubscriptionTable().keySet();
        Check.equal("topics of the group", Set.of(wrappedTopic, "%RETRY%" + wrappedGroup), known);
        outside.exactly(lab.stored(topic, 10));
        checkStored(lab, wrappedTopic, sent);
        checkStored(lab, "%RETRY%" + wrappedGroup, sent);
        String unknown = lab.fresh("unknown");
        producer.send(new Sent().message(unknown));
        lab.stored(namespace + "%" + unknown, 1);
    }

    /** It goes as a field of its own with each request, for servers in between; the broker passes it over. */
    private static void beside(Lab lab) throws Exception {
        String namespace = lab.fresh("ns");
        String topic = lab.topic(2);
        String group = lab.groupThatRetries(topic);
        DefaultMQProducer producer = new DefaultMQProducer(lab.group());
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group);
        Lab.set(producer, "setNamespaceV2", String.class, namespace);
        Lab.set(consumer, "setNamespaceV2", String.class, namespace);
        lab.newProducer(producer).start();
        Sent sent = new Sent();
        consumeWithRetry(lab, producer, consumer, topic, sent);
        checkStored(lab, topic, sent);
        checkStored(lab, "%RETRY%" + group, sent);
    }

    /** What the producer sends the consumer gets twice, as it refuses it once. */
    private static void consumeWithRetry(Lab lab, DefaultMQProducer producer, DefaultMQPushConsumer consumer, String topic,
            Sent sent) throws Exception {
        Received first = new Received();
        Received second = new Received();
        lab.pushConsumer(consumer, topic, "tag");
        consumer.registerMessageListener(Retrying.refusingOnce(first, second));
        consumer.start();
        for (int i = 0; i < 20; i++) {
            SendResult result = producer.send(sent.message(topic, "tag"));
            Check.equal("status", SendStatus.SEND_OK, result.getSendStatus());
            Check.equal("topic", topic, result.getMessageQueue().getTopic());
        }
        second.untilDistinct(20);
        for (Received received : List.of(first, second)) {
            sent.exactly(received.messages());
            for (MessageExt message : received.messages()) {
                Check.equal("topic", topic, message.getTopic());
            }
        }
    }

    /** As a client without a namespace sees it. */
    private static void checkStored(Lab lab, String topic, Sent sent) throws Exception {
        var stored = lab.stored(topic, sent.count());
        sent.exactly(stored);
        for (MessageExt message : stored) {
            Check.equal("topic", topic, message.getTopic());
        }
    }

    private Namespaces() {
    }
}
