package stock;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.LocalTransactionState;
import org.apache.rocketmq.client.producer.TransactionListener;
import org.apache.rocketmq.client.producer.TransactionMQProducer;
import org.apache.rocketmq.client.utils.MessageUtil;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** Transactions, and requests with replies. */
final class Transacting {
    static void scenarios(Map<String, Main.Scenario> into) {
        into.put("transaction_check", Transacting::check);
        into.put("transaction_commit_rollback", Transacting::commitRollback);
        into.put("request_reply", Transacting::requestReply);
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
        DefaultMQPushConsumer server = lab.pushConsumer(lab.group(), topic, "*");
        server.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt request : messages) {
                String text = "re: " + new String(request.getBody(), UTF_8);
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
        Check.until("a first reply", () ->
                producer.request(new Message(topic, "first".getBytes(UTF_8)), 2_000) != null);
        for (int i = 0; i < 10; i++) {
            Message reply = producer.request(new Message(topic, ("question " + i).getBytes(UTF_8)), 10_000);
            Check.equal("reply", "re: question " + i, new String(reply.getBody(), UTF_8));
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
