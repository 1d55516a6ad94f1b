package stock;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.MessageQueueSelector;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageDecoder;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Ways to send, each read back and compared with what was sent. */
final class Sending {
    static void scenarios(Map<String, Main.Scenario> into) {
        into.put("send_sync", Sending::sync);
        into.put("send_async", Sending::async);
        into.put("send_oneway", Sending::oneway);
        into.put("send_batch", Sending::batch);
        into.put("send_batch_async", Sending::asyncBatch);
        into.put("send_to_queue", Sending::toQueue);
        into.put("send_selector_async_oneway", Sending::toSelected);
        into.put("send_selector_keeps_order", Sending::selector);
        into.put("send_creates_topic", Sending::createsTopic);
        into.put("send_unicode", Sending::unicode);
        into.put("send_large_body", Sending::largeBody);
        into.put("send_compressed_body", Sending::compressedBody);
        into.put("send_refuses_bad_bodies", Sending::badBodies);
        into.put("send_through_fast_port", Sending::fastPort);
    }

    private static void sync(Lab lab) throws Exception {
        String topic = lab.topic(4);
        Sent sent = new Sent();
        Map<MessageQueue, Long> next = new HashMap<>();
        Map<String, SendResult> results = new HashMap<>();
        Map<String, String> masters = lab.cluster.masters();
        long before = System.currentTimeMillis();
        for (int i = 0; i < 40; i++) {
            Message message = sent.message(topic, "tag" + i % 3);
            message.setFlag(i);
            message.putUserProperty("number", Integer.toString(i));
            message.putUserProperty("odd value", "a=b; \"c\" {d}");
            SendResult result = lab.producer().send(message);
            Check.equal("status", SendStatus.SEND_OK, result.getSendStatus());
            Check.equal("queue offset in " + result.getMessageQueue(), next.getOrDefault(result.getMessageQueue(), 0L),
                    result.getQueueOffset());
            next.put(result.getMessageQueue(), result.getQueueOffset() + 1);
            InetSocketAddress host = (InetSocketAddress) MessageDecoder.decodeMessageId(result.getOffsetMsgId()).getAddress();
            Check.equal("address in the offset id", masters.get(result.getMessageQueue().getBrokerName()),
                    host.getAddress().getHostAddress() + ":" + host.getPort());
            results.put(message.getKeys(), result);
        }
        List<MessageExt> stored = lab.stored(topic, 40);
        sent.exactly(stored);
        for (MessageExt message : stored) {
            SendResult result = results.get(message.getKeys());
            Check.equal("queue", result.getMessageQueue().getQueueId(), message.getQueueId());
            Check.equal("queue offset", result.getQueueOffset(), message.getQueueOffset());
            Check.equal("message id", result.getMsgId(), message.getMsgId());
            Check.equal("commit log offset", MessageDecoder.decodeMessageId(result.getOffsetMsgId()).getOffset(),
                    message.getCommitLogOffset());
            Check.equal("tag", "tag" + message.getFlag() % 3, message.getTags());
            Check.equal("property", Integer.toString(message.getFlag()), message.getUserProperty("number"));
            Check.equal("property", "a=b; \"c\" {d}", message.getUserProperty("odd value"));
            Check.equal("reconsume times", 0, message.getReconsumeTimes());
            long now = System.currentTimeMillis();
            Check.that(before <= message.getBornTimestamp() && message.getBornTimestamp() <= now, "born at some other time");
            Check.that(before <= message.getStoreTimestamp() && message.getStoreTimestamp() <= now,
                    "stored at some other time");
        }
    }

    private static void async(Lab lab) throws Exception {
        String topic = lab.topic(4);
        Sent sent = new Sent();
        Answers answers = new Answers();
        for (int i = 0; i < 300; i++) {
            lab.producer().send(sent.message(topic), answers);
        }
        answers.untilCount(300);
        sent.exactly(lab.stored(topic, 300));
    }

    private static void oneway(Lab lab) throws Exception {
        String topic = lab.topic(4);
        Sent sent = new Sent();
        for (int i = 0; i < 100; i++) {
            lab.producer().sendOneway(sent.message(topic));
        }
        sent.exactly(lab.stored(topic, 100));
    }

    private static void batch(Lab lab) throws Exception {
        String topic = lab.topic(2);
        Sent sent = new Sent();
        List<Message> messages = batch(sent, topic);
        SendResult result = lab.producer().send(messages);
        Check.equal("queue offset", 0L, result.getQueueOffset());
        List<MessageExt> stored = lab.stored(topic, 50);
        sent.exactly(stored);
        storedAs(messages, result, stored);
    }

    private static void asyncBatch(Lab lab) throws Exception {
        String topic = lab.topic(2);
        DefaultMQProducer producer = lab.producer();
        Sent sent = new Sent();
        Map<SendResult, List<Message>> batches = new LinkedHashMap<>();
        List<Message> messages = batch(sent, topic);
        Answers anywhere = new Answers();
        producer.send(messages, anywhere);
        batches.put(anywhere.untilCount(1).get(0), messages);
        for (MessageQueue queue : producer.fetchPublishMessageQueues(topic)) {
            messages = batch(sent, topic);
            Answers there = new Answers();
            producer.send(messages, queue, there);
            SendResult result = there.untilCount(1).get(0);
            Check.equal("queue", queue, result.getMessageQueue());
            batches.put(result, messages);
            messages = batch(sent, topic);
            result = producer.send(messages, queue);
            Check.equal("queue", queue, result.getMessageQueue());
            batches.put(result, messages);
        }
        List<MessageExt> stored = lab.stored(topic, sent.count());
        sent.exactly(stored);
        for (var batch : batches.entrySet()) {
            storedAs(batch.getValue(), batch.getKey(), stored);
        }
    }

    private static List<Message> batch(Sent sent, String topic) {
        List<Message> messages = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            Message message = sent.message(topic, i % 2 == 0 ? "even" : "odd");
            message.putUserProperty("number", Integer.toString(i));
            messages.add(message);
        }
        return messages;
    }

    /** The batch lies where its result says, one after the other. */
    private static void storedAs(List<Message> messages, SendResult result, List<MessageExt> stored) {
        Check.equal("status", SendStatus.SEND_OK, result.getSendStatus());
        String[] ids = result.getMsgId().split(",");
        Check.equal("ids", 50, ids.length);
        Check.equal("offset ids", 50, result.getOffsetMsgId().split(",").length);
        List<MessageExt> queue = stored.stream().filter(m -> queueOf(m).equals(result.getMessageQueue())).toList();
        for (int i = 0; i < 50; i++) {
            MessageExt message = queue.get((int) result.getQueueOffset() + i);
            Check.equal("message " + i + " of " + result, messages.get(i).getKeys(), message.getKeys());
            Check.equal("message id", ids[i], message.getMsgId());
            Check.equal("tag", i % 2 == 0 ? "even" : "odd", message.getTags());
            Check.equal("property", Integer.toString(i), message.getUserProperty("number"));
        }
    }

    private static MessageQueue queueOf(MessageExt message) {
        return new MessageQueue(message.getTopic(), message.getBrokerName(), message.getQueueId());
    }

    private static void toQueue(Lab lab) throws Exception {
        DefaultMQProducer producer = lab.producer();
        toEachQueue(lab, List.of((message, queue, answers) -> answers.onSuccess(producer.send(message, queue)),
                producer::send), producer::sendOneway);
    }

    private static void toSelected(Lab lab) throws Exception {
        DefaultMQProducer producer = lab.producer();
        MessageQueueSelector selector = (queues, message, wanted) -> queues.get(queues.indexOf(wanted));
        toEachQueue(lab, List.of((message, queue, answers) -> producer.send(message, selector, queue, answers)),
                (message, queue) -> producer.sendOneway(message, selector, queue));
    }

    private interface Answered {
        void send(Message message, MessageQueue queue, SendCallback answers) throws Exception;
    }

    private interface Unanswered {
        void send(Message message, MessageQueue queue) throws Exception;
    }

    /** Each way to send, to each queue in turn: all come to their queues, and the answers tell where they are there. */
    private static void toEachQueue(Lab lab, List<Answered> answered, Unanswered unanswered) throws Exception {
        String topic = lab.topic(4);
        List<MessageQueue> queues = lab.producer().fetchPublishMessageQueues(topic);
        Sent sent = new Sent();
        Answers answers = new Answers();
        for (int i = 0; i < 10; i++) {
            for (MessageQueue queue : queues) {
                for (Answered way : answered) {
                    way.send(messageTo(queue, sent), queue, answers);
                }
                unanswered.send(messageTo(queue, sent), queue);
            }
        }
        List<SendResult> results = answers.untilCount(10 * queues.size() * answered.size());
        List<MessageExt> stored = lab.stored(topic, sent.count());
        sent.exactly(stored);
        Map<String, MessageExt> byId = new HashMap<>();
        for (MessageExt message : stored) {
            Check.equal("queue of " + message.getKeys(), message.getUserProperty("queue"), queueOf(message).toString());
            byId.put(message.getMsgId(), message);
        }
        for (SendResult result : results) {
            MessageExt message = byId.get(result.getMsgId());
            Check.that(message != null, "answered, but not stored: " + result);
            Check.equal("queue of " + result, queueOf(message), result.getMessageQueue());
            Check.equal("queue offset of " + result, message.getQueueOffset(), result.getQueueOffset());
        }
    }

    private static Message messageTo(MessageQueue queue, Sent sent) {
        Message message = sent.message(queue.getTopic());
        message.putUserProperty("queue", queue.toString());
        return message;
    }

    private static void selector(Lab lab) throws Exception {
        String topic = lab.topic(4);
        Sent sent = new Sent();
        for (int i = 0; i < 120; i++) {
            int order = i % 7;
            Message message = sent.message(topic);
            message.putUserProperty("order", Integer.toString(order));
            message.putUserProperty("step", Integer.toString(i / 7));
            SendResult result = lab.producer().send(message,
                    (queues, m, chosen) -> queues.get((Integer) chosen % queues.size()), order);
            Check.equal("status", SendStatus.SEND_OK, result.getSendStatus());
        }
        List<MessageExt> stored = lab.stored(topic, 120);
        sent.exactly(stored);
        Map<String, String> queueOf = new HashMap<>();
        Map<String, Integer> steps = new HashMap<>();
        for (MessageExt message : stored) {
            String order = message.getUserProperty("order");
            String queue = message.getBrokerName() + message.getQueueId();
            Check.equal("queue of order " + order, queueOf.getOrDefault(order, queue), queue);
            queueOf.put(order, queue);
            Check.equal("step of order " + order, steps.getOrDefault(order, 0),
                    Integer.parseInt(message.getUserProperty("step")));
            steps.merge(order, 1, Integer::sum);
        }
    }

    private static void createsTopic(Lab lab) throws Exception {
        String topic = lab.fresh("unknown");
        Sent sent = new Sent();
        Check.equal("status", SendStatus.SEND_OK, lab.producer().send(sent.message(topic)).getSendStatus());
        Check.until("route of the new topic", () -> !lab.admin().examineTopicRouteInfo(topic).getQueueDatas().isEmpty());
        var queues = lab.admin().examineTopicRouteInfo(topic).getQueueDatas().get(0);
        Check.equal("write queues", 4, queues.getWriteQueueNums());
        Check.equal("read queues", 4, queues.getReadQueueNums());
        Check.equal("permission", 6, queues.getPerm());
        sent.exactly(lab.stored(topic, 1));
    }

    private static void unicode(Lab lab) throws Exception {
        String topic = lab.topic(1);
        String text = "żółć 消息 🚀 \u0000 e\u0301";
        String word = "żółć-消息-🚀";
        Message message = new Message(topic, word, word, text.getBytes(UTF_8));
        message.putUserProperty("名前-" + word, "価値 " + word);
        Check.equal("status", SendStatus.SEND_OK, lab.producer().send(message).getSendStatus());
        MessageExt stored = lab.stored(topic, 1).get(0);
        Check.equal("body", text, new String(stored.getBody(), UTF_8));
        Check.equal("tag", word, stored.getTags());
        Check.equal("key", word, stored.getKeys());
        Check.equal("property", "価値 " + word, stored.getUserProperty("名前-" + word));
        Received received = new Received();
        lab.startedConsumer(lab.group(), topic, word + " || other", received);
        received.untilCount(1);
    }

    private static void largeBody(Lab lab) throws Exception {
        String topic = lab.topic(1);
        DefaultMQProducer producer = lab.newProducer();
        producer.setCompressMsgBodyOverHowmuch(Integer.MAX_VALUE);
        producer.start();
        Sent sent = new Sent();
        byte[] body = new byte[4 * 1024 * 1024 - 1024];
        new Random(7).nextBytes(body);
        Message message = sent.message(topic, "large", body);
        Check.equal("status", SendStatus.SEND_OK, producer.send(message).getSendStatus());
        Check.equal("status", SendStatus.SEND_OK, producer.send(sent.message(topic)).getSendStatus());
        sent.exactly(lab.stored(topic, 2));
    }

    private static void compressedBody(Lab lab) throws Exception {
        String topic = lab.topic(1);
        byte[] body = new byte[300_000];
        Arrays.fill(body, (byte) 'x');
        Check.equal("status", SendStatus.SEND_OK, lab.producer().send(new Message(topic, body)).getSendStatus());
        MessageExt stored = lab.stored(topic, 1).get(0);
        Check.that(Arrays.equals(body, stored.getBody()), "the body came back changed");
        Check.that(stored.getStoreSize() < 10_000, "stored in " + stored.getStoreSize() + " bytes: not compressed");
    }

    private static void badBodies(Lab lab) throws Exception {
        String topic = lab.topic(1);
        DefaultMQProducer producer = lab.newProducer();
        producer.setMaxMessageSize(16 * 1024 * 1024); // The client would refuse it itself.
        producer.setCompressMsgBodyOverHowmuch(Integer.MAX_VALUE);
        producer.start();
        Check.refused("a body of 5 MiB", "CODE: 13", () -> producer.send(new Message(topic, new byte[5 * 1024 * 1024])));
        Check.refused("a body of 0 bytes", "CODE: 13", () -> producer.send(new Message(topic, new byte[0])));
        Message bigProperties = new Message(topic, "body".getBytes(UTF_8));
        bigProperties.putUserProperty("long", "x".repeat(40_000));
        Check.refused("properties of 40,000 bytes", "CODE: 13", () -> producer.send(bigProperties));
        // The connection is as good as before.
        Check.equal("status", SendStatus.SEND_OK, producer.send(new Message(topic, "good".getBytes(UTF_8))).getSendStatus());
        lab.stored(topic, 1);
    }

    private static void fastPort(Lab lab) throws Exception {
        String topic = lab.topic(1);
        DefaultMQProducer producer = lab.newProducer();
        producer.setVipChannelEnabled(true); // The broker's port - 2.
        producer.start();
        Sent sent = new Sent();
        Check.equal("status", SendStatus.SEND_OK, producer.send(sent.message(topic)).getSendStatus());
        sent.exactly(lab.stored(topic, 1));
    }

    /** What asynchronous sends were told. */
    private static final class Answers implements SendCallback {
        private final Queue<SendResult> results = new ConcurrentLinkedQueue<>();
        private final Queue<Throwable> errors = new ConcurrentLinkedQueue<>();

        @Override
        public void onSuccess(SendResult result) {
            results.add(result);
        }

        @Override
        public void onException(Throwable error) {
            errors.add(error);
        }

        List<SendResult> untilCount(int count) throws InterruptedException {
            Check.until(count + " answers", () -> results.size() + errors.size() >= count, () -> "got " + results.size());
            Check.equal("errors", "[]", errors.toString());
            Check.that(results.stream().allMatch(r -> r.getSendStatus() == SendStatus.SEND_OK), "some status is not SEND_OK");
            return List.copyOf(results);
        }
    }

    private Sending() {
    }
}
