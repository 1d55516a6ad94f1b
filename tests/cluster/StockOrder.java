import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeOrderlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerOrderly;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.client.producer.SendResult;
import org.apache.rocketmq.client.producer.SendStatus;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.common.message.MessageExt;

/**
 * A stock producer that keeps an order, and two stock push consumers of one group that do. Each of so many keys stays with one
 * queue; its messages are numbered, and one is sent again until it is accepted, before the next one. One of the consumers leaves
 * every few seconds and comes again, so that queues change hands; each is locked for one of them at a time.
 *
 * <p>Prints "started", then "sent KEY NUMBER QUEUE" for each message that was accepted, and "got KEY NUMBER QUEUE CONSUMER" for
 * each one that was received; "shared QUEUE" when a consumer is given messages of a queue of which another one has not done yet.
 * A line "end" of its input ends the sending, which it answers by "ended", and its end ends it.
 */
public final class StockOrder {
    private static final int POLL_MILLIS = 500; // For the route, instead of every 30 s.
    private static final int PAUSE_MILLIS = 40; // Of each key after a send.
    private static final int STAY_MILLIS = 4000, AWAY_MILLIS = 2000; // Of the consumer that leaves.
    private static final Map<Integer, Integer> holders = new ConcurrentHashMap<>(); // Of a queue whose messages are dealt with.
    private static volatile boolean ending;

    public static void main(String[] arguments) throws Exception {
        String topic = arguments[1];
        DefaultMQProducer producer = new DefaultMQProducer(arguments[2] + "-producers");
        producer.setNamesrvAddr(arguments[0]);
        producer.setPollNameServerInterval(POLL_MILLIS);
        producer.start();
        consumer(arguments, 0);
        say("started");
        List<Thread> senders = new ArrayList<>();
        for (int key = 0; key < Integer.parseInt(arguments[3]); key++) {
            int mine = key;
            senders.add(new Thread(() -> send(producer, topic, mine)));
        }
        for (Thread sender : senders) sender.start();
        Thread leaver = new Thread(() -> comeAndLeave(arguments));
        leaver.setDaemon(true);
        leaver.start();
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        orders.readLine();
        ending = true;
        for (Thread sender : senders) sender.join();
        say("ended");
        orders.readLine();
        System.exit(0); // What the client leaves running would keep the virtual machine.
    }

    private static DefaultMQPushConsumer consumer(String[] arguments, int number) throws Exception {
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(arguments[2]);
        consumer.setInstanceName("consumer-" + number);
        consumer.setNamesrvAddr(arguments[0]);
        consumer.setPollNameServerInterval(POLL_MILLIS);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.setAwaitTerminationMillisWhenShutdown(AWAY_MILLIS); // Before it gives up its locks.
        consumer.subscribe(arguments[1], "*");
        consumer.registerMessageListener((MessageListenerOrderly) (messages, context) -> {
            int queue = context.getMessageQueue().getQueueId();
            if (holders.put(queue, number) != null) say("shared " + queue);
            for (MessageExt message : messages) {
                say("got " + new String(message.getBody(), StandardCharsets.UTF_8) + " " + message.getQueueId() + " " + number);
            }
            holders.remove(queue);
            return ConsumeOrderlyStatus.SUCCESS;
        });
        consumer.start();
        return consumer;
    }

    private static void comeAndLeave(String[] arguments) {
        try {
            for (int number = 1; !ending; number++) {
                DefaultMQPushConsumer consumer = consumer(arguments, number);
                Thread.sleep(STAY_MILLIS);
                consumer.shutdown();
                Thread.sleep(AWAY_MILLIS);
            }
        } catch (Exception failure) {
            failure.printStackTrace();
        }
    }

    private static void send(DefaultMQProducer producer, String topic, int key) {
        for (int number = 0; !ending; ) {
            String name = key + " " + number;
            try {
                SendResult result = producer.send(new Message(topic, name.getBytes(StandardCharsets.UTF_8)),
                    (queues, message, chosen) -> queues.get((Integer) chosen % queues.size()), key);
                if (result.getSendStatus() == SendStatus.SEND_OK) {
                    say("sent " + name + " " + result.getMessageQueue().getQueueId());
                    number++;
                }
                Thread.sleep(PAUSE_MILLIS);
            } catch (InterruptedException ended) {
                return;
            } catch (Exception failed) {
                // Sent or not, it is sent again.
            }
        }
    }

    private static void say(String line) {
        synchronized (System.out) {
            System.out.println(line);
            System.out.flush();
        }
    }
}
