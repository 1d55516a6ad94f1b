import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * A stock push consumer of the topics that are named: prints "started", then the key of every message that it
 * gets. It asks for routes and stores offsets every so many milliseconds as the property "interval" says, instead of every
 * 30 and 5 s. A line "suspend" or "resume" of its input does that, and its end ends it.
 */
public final class PushReader {
    public static void main(String[] arguments) throws Exception {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(arguments[1]);
        consumer.setNamesrvAddr(arguments[0]);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        int interval = Integer.getInteger("interval", 0);
        if (interval > 0) {
            consumer.setPollNameServerInterval(interval);
            consumer.setPersistConsumerOffsetInterval(interval);
        }
        for (String topic : Arrays.asList(arguments).subList(2, arguments.length)) {
            consumer.subscribe(topic, "*");
        }
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) -> {
            for (MessageExt message : messages) say(message.getKeys());
            return ConsumeConcurrentlyStatus.CONSUME_SUCCESS;
        });
        consumer.start();
        say("started");
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            if (order.equals("suspend")) consumer.suspend();
            else consumer.resume();
            say(order);
        }
        System.exit(0); // What the client leaves running would keep the virtual machine.
    }

    private static void say(String line) {
        synchronized (System.out) {
            System.out.println(line);
            System.out.flush();
        }
    }
}
