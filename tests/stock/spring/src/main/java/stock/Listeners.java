package stock;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.spring.annotation.ConsumeMode;
import org.apache.rocketmq.spring.annotation.RocketMQMessageListener;
import org.apache.rocketmq.spring.core.RocketMQListener;
import org.apache.rocketmq.spring.core.RocketMQReplyListener;
import org.springframework.stereotype.Component;

/** What the starter makes consumers of; each notes what it gets. */
final class Listeners {
    /** The starter finds the type of a listener's messages at the method alone, so each has its own. */
    static class Noting<T> {
        final List<T> received = new CopyOnWriteArrayList<>();
    }

    @Component
    @RocketMQMessageListener(topic = "spring-plain-${run}", consumerGroup = "spring-plain-group-${run}")
    static class Plain extends Noting<MessageExt> implements RocketMQListener<MessageExt> {
        @Override
        public void onMessage(MessageExt message) {
            received.add(message);
        }

        /** By key, with the first of those that have it. */
        Map<String, MessageExt> byKey() {
            Map<String, MessageExt> found = new HashMap<>();
            received.forEach(message -> found.putIfAbsent(message.getKeys(), message));
            return found;
        }
    }

    @Component
    @RocketMQMessageListener(topic = "spring-orders-${run}", consumerGroup = "spring-orders-group-${run}")
    static class Orders extends Noting<Order> implements RocketMQListener<Order> {
        @Override
        public void onMessage(Order message) {
            received.add(message);
        }
    }

    @Component
    @RocketMQMessageListener(topic = "spring-tags-${run}", consumerGroup = "spring-tags-group-${run}",
            selectorExpression = "red || blue")
    static class Tags extends Noting<String> implements RocketMQListener<String> {
        @Override
        public void onMessage(String message) {
            received.add(message);
        }
    }

    @Component
    @RocketMQMessageListener(topic = "spring-steps-${run}", consumerGroup = "spring-steps-group-${run}",
            consumeMode = ConsumeMode.ORDERLY)
    static class Steps extends Noting<MessageExt> implements RocketMQListener<MessageExt> {
        @Override
        public void onMessage(MessageExt message) {
            received.add(message);
        }

        /** Bodies by sharding key, in the order they came. */
        Map<String, List<String>> byKey() {
            Map<String, List<String>> bodies = new HashMap<>();
            received.forEach(message -> bodies.computeIfAbsent(message.getKeys(), key -> new ArrayList<>())
                    .add(new String(message.getBody())));
            return bodies;
        }
    }

    @Component
    @RocketMQMessageListener(topic = "spring-questions-${run}", consumerGroup = "spring-questions-group-${run}")
    static class Questions implements RocketMQReplyListener<String, String> {
        @Override
        public String onMessage(String question) {
            return "answer to " + question;
        }
    }

    /** Sent as JSON. */
    static class Order {
        public String customer;
        public int amount;

        Order() {
        }

        Order(String customer, int amount) {
            this.customer = customer;
            this.amount = amount;
        }

        @Override
        public String toString() {
            return customer + ":" + amount;
        }
    }

    private Listeners() {
    }
}
