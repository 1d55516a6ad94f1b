import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Scanner;
import java.util.concurrent.locks.LockSupport;
import org.apache.rocketmq.client.consumer.DefaultMQPushConsumer;
import org.apache.rocketmq.client.consumer.listener.ConsumeConcurrentlyStatus;
import org.apache.rocketmq.client.consumer.listener.MessageListenerConcurrently;
import org.apache.rocketmq.client.producer.DefaultMQProducer;
import org.apache.rocketmq.common.consumer.ConsumeFromWhere;
import org.apache.rocketmq.common.message.Message;
import org.apache.rocketmq.tools.command.MQAdminStartup;

/**
 * Runs stock mqadmin commands one after the other in one JVM: a line of standard input is a command, its arguments
 * separated by tabs; the answer is a line with the number of bytes it printed, then these bytes. An empty line gives
 * the list of all commands. Beside mqadmin's own: "clients NAMESRV TOPIC CONSUMERGROUP PRODUCERGROUP" starts a consumer
 * and a producer that stay, and "watch LINES" before a command ends it when it has printed so many.
 */
public final class Mqadmin {
    public static void main(String[] none) throws Exception {
        hurryShutdowns(Thread.currentThread());
        PrintStream answers = System.out;
        Scanner commands = new Scanner(System.in, StandardCharsets.UTF_8);
        while (commands.hasNextLine()) {
            ByteArrayOutputStream printed = new ByteArrayOutputStream();
            PrintStream capture = new PrintStream(printed, true, StandardCharsets.UTF_8);
            System.setOut(capture);
            System.setErr(capture);
            String line = commands.nextLine();
            String[] command = line.isEmpty() ? new String[0] : line.split("\t");
            if (command.length == 0) {
                MQAdminStartup.main0(command, null);
            } else if (command[0].equals("clients")) {
                startClients(command[1], command[2], command[3], command[4]);
            } else if (command[0].equals("watch")) {
                watch(Integer.parseInt(command[1]), Arrays.copyOfRange(command, 2, command.length), printed);
            } else {
                forgetCommands();
                MQAdminStartup.main0(command, null);
            }
            capture.flush();
            byte[] answer = printed.toByteArray();
            answers.println(answer.length);
            answers.write(answer);
            answers.flush();
        }
        System.exit(0); // Commands leave threads behind that would keep the JVM.
    }

    /** A client that shuts down waits up to 3 s for a thread of its own that polls; to wake it saves a minute in all. */
    private static void hurryShutdowns(Thread commands) {
        Thread hurry = new Thread(() -> {
            while (true) {
                for (StackTraceElement frame : commands.getStackTrace()) {
                    if (frame.getClassName().endsWith(".ServiceThread") && frame.getMethodName().equals("shutdown")) {
                        Thread.getAllStackTraces().keySet().stream()
                                .filter(thread -> thread.getName().startsWith("NettyEventExecutor"))
                                .forEach(Thread::interrupt);
                    }
                }
                LockSupport.parkNanos(20_000_000);
            }
        });
        hurry.setDaemon(true);
        hurry.start();
    }

    /** Commands keep the clients they closed; each run is to begin with new ones. */
    private static void forgetCommands() throws ReflectiveOperationException {
        for (Field field : MQAdminStartup.class.getDeclaredFields()) {
            if (List.class.isAssignableFrom(field.getType())) {
                field.setAccessible(true);
                ((List<?>) field.get(null)).clear();
            }
        }
    }

    /** A command that does not end by itself: until it has printed so many lines, or half a minute is over. */
    private static void watch(int lines, String[] command, ByteArrayOutputStream printed) throws Exception {
        forgetCommands();
        Thread endless = new Thread(() -> MQAdminStartup.main0(command, null));
        endless.setDaemon(true);
        endless.start();
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (printed.toString(StandardCharsets.UTF_8).lines().count() < lines && System.nanoTime() < deadline) {
            LockSupport.parkNanos(20_000_000);
        }
        System.setOut(new PrintStream(OutputStream.nullOutputStream()));
        System.setErr(new PrintStream(OutputStream.nullOutputStream()));
        endless.interrupt();
        endless.join(10_000);
    }

    private static void startClients(String namesrv, String topic, String consumerGroup, String producerGroup)
            throws Exception {
        DefaultMQProducer producer = new DefaultMQProducer(producerGroup);
        producer.setNamesrvAddr(namesrv);
        producer.setInstanceName("producer");
        producer.setHeartbeatBrokerInterval(500);
        producer.start();
        producer.send(new Message(topic, "from the producer".getBytes(StandardCharsets.UTF_8)), 10_000);
        DefaultMQPushConsumer consumer = new DefaultMQPushConsumer(consumerGroup);
        consumer.setNamesrvAddr(namesrv);
        consumer.setInstanceName("consumer");
        consumer.setHeartbeatBrokerInterval(2_000);
        consumer.setConsumeFromWhere(ConsumeFromWhere.CONSUME_FROM_FIRST_OFFSET);
        consumer.subscribe(topic, "*");
        consumer.registerMessageListener((MessageListenerConcurrently) (messages, context) ->
                ConsumeConcurrentlyStatus.CONSUME_SUCCESS);
        consumer.start();
    }
}
