package stock;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendCallback;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.message.MessageExt;
import org.apache.rocketmq.spring.core.RocketMQLocalRequestCallback;
import org.apache.rocketmq.spring.core.RocketMQTemplate;
import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.Banner;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.messaging.Message;
import org.springframework.messaging.support.MessageBuilder;

/** An application with rocketmq-spring-boot-starter: one line a scenario. Usage: SpringSuite NAMESRV [SCENARIO...] */
@SpringBootApplication
public class SpringSuite {
    private static final long DEADLINE_MS = 40_000; // No wait lasts as long when all is well.

    private interface Scenario {
        void run() throws Exception;
    }

    private interface Condition {
        boolean holds() throws Exception;
    }

    private final String run;
    private final ConfigurableApplicationContext context;
    private final RocketMQTemplate template;

    private SpringSuite(String run, ConfigurableApplicationContext context) {
        this.run = run;
        this.context = context;
        template = context.getBean(RocketMQTemplate.class);
    }

    /** For Spring, which makes one, too. */
    public SpringSuite() {
        this.run = null;
        this.context = null;
        this.template = null;
    }

    /**
     * The stock broker finds who asked by his heartbeat alone, and the first one on a connection comes half a minute
     * after the start.
     */
    @Bean
    static BeanPostProcessor oftenHeard() {
        return new BeanPostProcessor() {
            @Override
            public Object postProcessBeforeInitialization(Object bean, String name) {
                if (bean instanceof DefaultMQProducer producer) {
                    producer.setHeartbeatBrokerInterval(1_000);
                }
                return bean;
            }
        };
    }

    public static void main(String[] arguments) throws Exception {
        String namesrv = arguments[0];
        String run = Long.toHexString(System.currentTimeMillis());
        createTopics(namesrv, run);
        Map<String, Object> properties = new HashMap<>();
        properties.put("run", run);
        properties.put("logging.level.root", "ERROR");
        properties.put("rocketmq.name-server", namesrv);
        properties.put("rocketmq.producer.group", "spring-producers-" + run);
        properties.put("rocketmq.producer.send-message-timeout", "10000");
        properties.put("rocketmq.pull-consumer.group", "spring-pull-group-" + run);
        properties.put("rocketmq.pull-consumer.topic", "spring-pull-" + run);
        ConfigurableApplicationContext context = new SpringApplicationBuilder(SpringSuite.class)
                .bannerMode(Banner.Mode.OFF).properties(properties).run();
        SpringSuite suite = new SpringSuite(run, context);
        boolean failed = false;
        for (var scenario : suite.chosen(List.of(arguments).subList(1, arguments.length)).entrySet()) {
            failed |= !suite.attempt(scenario.getKey(), scenario.getValue());
        }
        context.close();
        System.exit(failed ? 1 : 0); // The client leaves threads behind.
    }

    /** Before there are consumers: one whose topic is unknown asks for it again much later. */
    private static void createTopics(String namesrv, String run) throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer("spring-topics-" + run);
        producer.setNamesrvAddr(namesrv);
        producer.start();
        for (String topic : List.of("plain", "orders", "tags", "steps", "questions", "pull")) {
            String name = "spring-" + topic + "-" + run;
            producer.createTopic("TBW102", name, 4, Map.of());
            until("route of " + name, () -> {
                try {
                    return producer.fetchPublishMessageQueues(name).size() >= 4;
                } catch (Exception notYet) {
                    return false;
                }
            });
        }
        producer.shutdown();
    }

    private Map<String, Scenario> chosen(List<String> names) {
        Map<String, Scenario> all = new LinkedHashMap<>();
        all.put("send_sync", this::sendSync);
        all.put("send_async", this::sendAsync);
        all.put("send_oneway", this::sendOneway);
        all.put("send_batch", this::sendBatch);
        all.put("send_delayed", this::sendDelayed);
        all.put("send_object", this::sendObject);
        all.put("listener_tags", this::listenerTags);
        all.put("listener_orderly", this::listenerOrderly);
        all.put("request_reply", this::requestReply);
        all.put("pull_receive", this::pullReceive);
        if (!names.isEmpty()) {
            all.keySet().retainAll(new HashSet<>(names));
        }
        return all;
    }

    private boolean attempt(String name, Scenario scenario) {
        long start = System.nanoTime();
        try {
            scenario.run();
            System.out.printf("PASS %s (%d ms)%n", name, (System.nanoTime() - start) / 1_000_000);
            return true;
        } catch (Throwable failure) {
            System.out.printf("FAIL %s: %s%n", name, failure.toString().replace('\n', ' '));
            return false;
        }
    }

    private void sendSync() throws Exception {
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            String key = "sync-" + i;
            keys.add(key);
            SendResult result = template.syncSend(topic("plain") + ":tag" + i % 3, message("body of " + key, key, "number", i));
            equal("status of a send", SendStatus.SEND_OK, result.getSendStatus());
        }
        Map<String, MessageExt> received = untilReceived(keys);
        for (int i = 0; i < 20; i++) {
            MessageExt message = received.get("sync-" + i);
            equal("body", "body of sync-" + i, new String(message.getBody()));
            equal("tag", "tag" + i % 3, message.getTags());
            equal("header", String.valueOf(i), message.getUserProperty("number"));
        }
    }

    private void sendAsync() throws Exception {
        Set<String> keys = new HashSet<>();
        AtomicInteger good = new AtomicInteger();
        AtomicInteger bad = new AtomicInteger();
        for (int i = 0; i < 50; i++) {
            String key = "async-" + i;
            keys.add(key);
            template.asyncSend(topic("plain"), message("body", key, "number", i), new SendCallback() {
                @Override
                public void onSuccess(SendResult result) {
                    good.incrementAndGet();
                }

                @Override
                public void onException(Throwable failure) {
                    bad.incrementAndGet();
                }
            });
        }
        until("50 answers", () -> good.get() + bad.get() == 50);
        equal("failed sends", 0, bad.get());
        untilReceived(keys);
    }

    private void sendOneway() throws Exception {
        Set<String> keys = new HashSet<>();
        for (int i = 0; i < 50; i++) {
            String key = "oneway-" + i;
            keys.add(key);
            template.sendOneWay(topic("plain"), message("body", key, "number", i));
        }
        untilReceived(keys);
    }

    private void sendBatch() throws Exception {
        Set<String> keys = new HashSet<>();
        List<Message<String>> batch = new ArrayList<>();
        for (int i = 0; i < 30; i++) {
            keys.add("batch-" + i);
            batch.add(message("body", "batch-" + i, "number", i));
        }
        SendResult result = template.syncSend(topic("plain"), batch);
        equal("ids of a batch", 30, result.getOffsetMsgId().split(",").length);
        untilReceived(keys);
    }

    private void sendDelayed() throws Exception {
        long sent = System.currentTimeMillis();
        template.syncSend(topic("plain"), message("body", "delayed", "number", 1), 10_000, 1);
        MessageExt message = untilReceived(Set.of("delayed")).get("delayed");
        long waited = System.currentTimeMillis() - sent;
        that(waited >= 900, "it came after " + waited + " ms");
        equal("delay level", 1, message.getDelayTimeLevel());
    }

    private void sendObject() throws Exception {
        Listeners.Orders listener = context.getBean(Listeners.Orders.class);
        template.convertAndSend(topic("orders"), new Listeners.Order("Müller & Söhne", 7));
        template.syncSend(topic("orders"), new Listeners.Order("Smith", 8));
        until("two orders", () -> listener.received.size() >= 2);
        Set<String> orders = new HashSet<>();
        listener.received.forEach(order -> orders.add(order.toString()));
        equal("orders", Set.of("Müller & Söhne:7", "Smith:8"), orders);
    }

    private void listenerTags() throws Exception {
        Listeners.Tags listener = context.getBean(Listeners.Tags.class);
        for (int i = 0; i < 30; i++) {
            String tag = List.of("red", "green", "blue").get(i % 3);
            template.syncSend(topic("tags") + ":" + tag, tag + i);
        }
        until("20 messages", () -> listener.received.size() >= 20);
        equal("messages", 20, listener.received.size());
        that(listener.received.stream().noneMatch(body -> body.startsWith("green")), "a green one came");
    }

    private void listenerOrderly() throws Exception {
        Listeners.Steps listener = context.getBean(Listeners.Steps.class);
        Map<String, List<String>> sent = new HashMap<>();
        Map<String, Integer> queues = new HashMap<>();
        for (int i = 0; i < 100; i++) {
            String key = "order-" + i % 5;
            String step = "step " + i;
            sent.computeIfAbsent(key, none -> new ArrayList<>()).add(step);
            SendResult result = template.syncSendOrderly(topic("steps"), message(step, key, "number", i), key);
            int queue = result.getMessageQueue().getQueueId();
            equal("queue of " + key, queues.computeIfAbsent(key, none -> queue), queue);
        }
        until("100 messages", () -> listener.received.size() >= 100);
        equal("messages in order", sent, listener.byKey());
    }

    /** With a callback: in client 5.3.2 the request that waits ends when it is sent (apache/rocketmq issue 9319). */
    private void requestReply() throws Exception {
        Map<String, String> answers = new ConcurrentHashMap<>();
        Map<String, String> expected = new HashMap<>();
        for (int i = 0; i < 5; i++) {
            String question = "question " + i;
            expected.put(question, "answer to " + question);
            template.sendAndReceive(topic("questions"), question, new RocketMQLocalRequestCallback<String>() {
                @Override
                public void onSuccess(String answer) {
                    answers.put(question, answer);
                }

                @Override
                public void onException(Throwable failure) {
                    answers.put(question, failure.toString());
                }
            }, DEADLINE_MS);
        }
        until("5 answers", () -> answers.size() == 5);
        equal("answers", expected, answers);
    }

    private void pullReceive() throws Exception {
        Set<String> sent = new HashSet<>();
        for (int i = 0; i < 20; i++) {
            sent.add("to be pulled " + i);
            template.syncSend(topic("pull"), "to be pulled " + i);
        }
        List<String> pulled = new ArrayList<>();
        until("20 messages pulled", () -> {
            pulled.addAll(template.receive(String.class, 500));
            return pulled.size() >= 20;
        });
        equal("messages", 20, pulled.size());
        equal("bodies", sent, new HashSet<>(pulled));
    }

    private String topic(String kind) {
        return "spring-" + kind + "-" + run;
    }

    private static Message<String> message(String body, String key, String header, int value) {
        return MessageBuilder.withPayload(body).setHeader("KEYS", key).setHeader(header, value).build();
    }

    private Map<String, MessageExt> untilReceived(Set<String> keys) throws Exception {
        Listeners.Plain listener = context.getBean(Listeners.Plain.class);
        until(keys.size() + " messages received", () -> listener.byKey().keySet().containsAll(keys));
        return listener.byKey();
    }

    private static void until(String what, Condition condition) throws Exception {
        long end = System.currentTimeMillis() + DEADLINE_MS;
        while (!condition.holds()) {
            that(System.currentTimeMillis() < end, "not within " + DEADLINE_MS + " ms: " + what);
            Thread.sleep(20);
        }
    }

    private static void equal(String what, Object expected, Object found) {
        that(expected.equals(found), what + ": " + found + " instead of " + expected);
    }

    private static void that(boolean claim, String otherwise) {
        if (!claim) {
            throw new AssertionError(otherwise);
        }
    }
}
