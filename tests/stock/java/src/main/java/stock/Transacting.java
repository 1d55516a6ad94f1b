package stock;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.MessageQueueSelector;
import org.apache.rocketmq.client.producer.RequestCallback;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.client.utils.MessageUtil;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.common.message.MessageQueue;

/** Transactions, and requests with replies. */
final class Transacting {
    static void scenarios(Map<String, Main.Scenario> into) {
        into.put("transaction_check", Transacting::check);
        into.put("transaction_commit_rollback", Transacting::commitRollback);
        into.put("request_reply", Transacting::requestReply);
        into.put("request_reply_to_queue", Transacting::requestReplyToQueue);
    }

    private static void commitRollback(Lab lab) throws Exception {
        String topic = lab.topic(2);
        Sent committed = new Sent();
        Sent rolledBack = new Sent();
        Received received = new Received();
        lab.startedConsumer(lab.group(), topic, "*", received);
        TransactionMQProducer producer = lab.transactionProducer();
        producer.setTransactionListener(new Listener(LocalTransactionState.UNKNOW));
        producer.start();
        for (int i = 0; i < 20; i++) {
            producer.sendMessageInTransaction(committed.message(topic, "commit"), LocalTransactionState.COMMIT_MESSAGE);
            producer.sendMessageInTransaction(rolledBack.message(topic, "rollback"),
                    LocalTransactionState.ROLLBACK_MESSAGE);
        }
        received.untilDistinct(20);
        committed.exactly(received.messages());
        committed.exactly(lab.stored(topic, 20));
    }

    /** A transaction whose end got lost is asked for; the answer of the producer decides. */
    private static void check(Lab lab) throws Exception {
        String topic = lab.topic(1);
        Sent sent = new Sent();
        Received received = new Received();
        lab.startedConsumer(lab.group(), topic, "*", received);
        TransactionMQProducer producer = lab.transactionProducer();
        Listener listener = new Listener(LocalTransactionState.COMMIT_MESSAGE);
        producer.setTransactionListener(listener);
        producer.start();
        Message message = sent.message(topic, "unknown");
        producer.sendMessageInTransaction(message, LocalTransactionState.UNKNOW);
        received.untilCount(1);
        sent.exactly(received.messages());
        Check.that(listener.checks.get() >= 1, "delivered without a check");
        Check.equal("transaction id", message.getTransactionId(), received.messages().get(0).getTransactionId());
    }

    private static void requestReply(Lab lab) throws Exception {
        String topic = lab.topic(2);
        DefaultMQProducer producer = requester(lab, topic);
        for (int i = 0; i < 10; i++) {
            Message reply = producer.request(message(topic, "question " + i), 10_000);
            Check.equal("reply", "re: question " + i, text(reply));
        }
        Replies replies = new Replies();
        Set<String> expected = new TreeSet<>();
        for (int i = 0; i < 10; i++) {
            producer.request(message(topic, "aside " + i), replies, 10_000);
            expected.add("re: aside " + i);
        }
        replies.untilGot(expected);
    }

    private static void requestReplyToQueue(Lab lab) throws Exception {
        String topic = lab.topic(4);
        DefaultMQProducer producer = requester(lab, topic);
        MessageQueueSelector selector = (queues, message, wanted) -> queues.get(queues.indexOf(wanted));
        Replies replies = new Replies();
        Set<String> expected = new TreeSet<>();
        for (MessageQueue queue : producer.fetchPublishMessageQueues(topic)) {
            String where = " " + queue;
            replies.onSuccess(producer.request(message(topic, "queue" + where), queue, 10_000));
            replies.onSuccess(producer.request(message(topic, "selector" + where), selector, queue, 10_000));
            producer.request(message(topic, "queue, aside" + where), queue, replies, 10_000);
            producer.request(message(topic, "selector, aside" + where), selector, queue, replies, 10_000);
            for (String what : List.of("queue", "selector", "queue, aside", "selector, aside")) {
                expected.add("re: " + what + where);
            }
        }
        replies.untilGot(expected);
        for (MessageExt request : lab.stored(topic)) {
            String queue = new MessageQueue(topic, request.getBrokerName(), request.getQueueId()).toString();
            Check.that(text(request).equals("first") || text(request).endsWith(" " + queue),
                    text(request) + " is in " + queue);
        }
    }

    /** A producer that has got a first reply from one who answers all requests. */
    private static DefaultMQProducer requester(Lab lab, String topic) throws Exception {
        DefaultMQPushConsumer server = lab.pushConsumer(lab.group(), topic, "*");
        server.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt request : messages) {
                String text = "re: " + text(request);
                try {
                    lab.producer().send(MessageUtil.createReplyMessage(request, text.getBytes(UTF_8)));
                } catch (Exception e) {
                    return ConsumeConcurrentlyStatus.RECONSUME_LATER;
                }
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        server.start();
        lab.untilAssignedAll(server, topic);
        DefaultMQProducer producer = lab.newProducer();
        producer.start();
        // The stock broker finds the requester by its heartbeat, which may be to come.
        Check.until("a first reply", () -> producer.request(message(topic, "first"), 2_000) != null);
        return producer;
    }

    private static Message message(String topic, String text) {
        return new Message(topic, text.getBytes(UTF_8));
    }

    private static String text(Message message) {
        return new String(message.getBody(), UTF_8);
    }

    private static final class Replies implements RequestCallback {
        private final Set<String> texts = new ConcurrentSkipListSet<>();
        private final Queue<Throwable> errors = new ConcurrentLinkedQueue<>();

        /** The client calls it without a reply, or with one twice, too: also when it learns that the request is stored. */
        @Override
        public void onSuccess(Message reply) {
            if (reply != null) {
                texts.add(text(reply));
            }
        }

        @Override
        public void onException(Throwable error) {
            errors.add(error);
        }

        void untilGot(Set<String> expected) throws InterruptedException {
            Check.until(expected.size() + " replies", () -> texts.size() + errors.size() >= expected.size(), () -> "got " + texts);
            Check.equal("errors", "[]", errors.toString());
            Check.equal("replies", expected, texts);
        }
    }

    private static final class Listener implements TransactionListener {
        private final LocalTransactionState whenChecked;
        private final AtomicInteger checks = new AtomicInteger();

        Listener(LocalTransactionState whenChecked) {
            this.whenChecked = whenChecked;
        }

        @Override
        public LocalTransactionState executeLocalTransaction(Message message, Object state) {
            return (LocalTransactionState) state;
        }

        @Override
        public LocalTransactionState checkLocalTransaction(MessageExt message) {
            checks.incrementAndGet();
            return whenChecked;
        }
    }

    private Transacting() {
    }
}
