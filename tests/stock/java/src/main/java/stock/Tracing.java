package stock;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.trace.TraceBean;
import org.apache.rocketmq.client.trace.TraceContext;
import org.apache.rocketmq.client.trace.TraceDataEncoder;
import org.apache.rocketmq.client.trace.TraceType;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/** What clients that trace write of each message: that it was sent, is about to be consumed, has been consumed. */
final class Tracing {
    private static final int COUNT = 20;

    static void scenarios(Map<String, Main.Scenario> into) {
        into.put("trace", lab -> trace(lab, null));
        into.put("trace_custom_topic", lab -> trace(lab, lab.topic(1)));
    }

    private static void trace(Lab lab, String customTopic) throws Exception {
        String topic = lab.topic(2);
        String group = lab.groupThatRetries(topic);
        Sent sent = new Sent();
        DefaultMQProducer producer = lab.newProducer(new DefaultMQProducer(lab.group(), true, customTopic));
        producer.start();
        Received received = new Received();
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(group, true, customTopic);
        lab.pushConsumer(consumer, topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            received.add(messages);
            if (hasToFail(messages.get(0).getKeys(), messages.get(0).getReconsumeTimes())) {
                context.setDelayLevelWhenNextConsume(1);
                return ConsumeConcurrentlyStatus.RECONSUME_LATER;
            }
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        Map<String, Message> messages = new HashMap<>();
        Map<String, SendResult> results = new HashMap<>();
        for (int i = 0; i < COUNT; i++) {
            Message message = sent.message(topic, "tag" + i);
            SendResult result = producer.send(message);
            messages.put(result.getMsgId(), message);
            results.put(result.getMsgId(), result);
        }
        received.untilCount(COUNT + 1);
        List<TraceContext> traces = traces(lab, customTopic == null ? "RMQ_SYS_TRACE_TOPIC" : customTopic, messages);
        for (String id : messages.keySet()) {
            List<TraceContext> published = of(traces, TraceType.Pub, id);
            Check.equal("traces of the send of " + id, 1, published.size());
            checkSend(published.get(0), producer, messages.get(id), results.get(id));
            checkConsumption(traces, group, id, messages.get(id));
        }
    }

    /** One message, once. */
    private static boolean hasToFail(String key, int times) {
        return key.equals("key00003") && times == 0;
    }

    /** Those of the messages, once all are there and no more. */
    private static List<TraceContext> traces(Lab lab, String topic, Map<String, Message> messages) throws Exception {
        int expected = COUNT + 2 * (COUNT + 1);
        List<TraceContext> found = new ArrayList<>();
        Check.until(expected + " traces", () -> {
            found.clear();
            for (MessageExt message : lab.stored(topic)) {
                for (TraceContext trace : TraceDataEncoder.decoderFromTraceDataString(new String(message.getBody(), UTF_8))) {
                    if (messages.containsKey(id(trace))) {
                        found.add(trace);
                        Check.that(List.of(message.getKeys().split(" ")).contains(id(trace)),
                                "the id of a traced message is not among the keys " + message.getKeys());
                    }
                }
            }
            return found.size() >= expected;
        }, () -> "has " + found.size());
        Check.equal("traces", expected, found.size());
        return found;
    }

    private static String id(TraceContext trace) {
        return trace.getTraceBeans().get(0).getMsgId();
    }

    private static List<TraceContext> of(List<TraceContext> traces, TraceType type, String id) {
        return traces.stream().filter(trace -> trace.getTraceType() == type && id(trace).equals(id)).toList();
    }

    private static void checkSend(TraceContext trace, DefaultMQProducer producer, Message message, SendResult result) {
        TraceBean bean = trace.getTraceBeans().get(0);
        Check.equal("topic", message.getTopic(), bean.getTopic());
        Check.equal("keys", message.getKeys(), bean.getKeys());
        Check.equal("tags", message.getTags(), bean.getTags());
        Check.equal("group", producer.getProducerGroup(), trace.getGroupName());
        Check.equal("offset id", result.getOffsetMsgId(), bean.getOffsetMsgId());
        Check.equal("length of the body", message.getBody().length, bean.getBodyLength());
        Check.equal("region", result.getRegionId(), trace.getRegionId());
        Check.that(trace.isSuccess(), "traced as failed: " + result);
    }

    /** Before and after each attempt, with an id for both. */
    private static void checkConsumption(List<TraceContext> traces, String group, String id, Message message) {
        List<TraceContext> before = of(traces, TraceType.SubBefore, id);
        List<TraceContext> after = of(traces, TraceType.SubAfter, id);
        int attempts = hasToFail(message.getKeys(), 0) ? 2 : 1;
        Check.equal("traces before the consumption of " + id, attempts, before.size());
        Check.equal("traces after the consumption of " + id, attempts, after.size());
        for (TraceContext begin : before) {
            TraceBean bean = begin.getTraceBeans().get(0);
            TraceContext end = after.stream().filter(trace -> trace.getRequestId().equals(begin.getRequestId()))
                    .findFirst().orElseThrow(() -> new Check.Failed("no end of the attempt " + begin));
            Check.equal("group", group, begin.getGroupName());
            Check.equal("group", group, end.getGroupName());
            Check.equal("keys", message.getKeys(), bean.getKeys());
            Check.equal("keys", message.getKeys(), end.getTraceBeans().get(0).getKeys());
            Check.equal("success", !hasToFail(message.getKeys(), bean.getRetryTimes()), end.isSuccess());
        }
        Check.equal("attempts traced as successful", 1L, after.stream().filter(TraceContext::isSuccess).count());
    }

    private Tracing() {
    }
}
