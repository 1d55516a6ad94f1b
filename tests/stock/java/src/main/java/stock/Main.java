package stock;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The stock Java client against whatever cluster the given NameServer knows: many scenarios in one JVM, a few at a
 * time, one line each. Usage: Main NAMESRV [SCENARIO…]; "--list" prints their names.
 */
public final class Main {
    /** Scenarios mostly wait, so more than there are cores. */
    private static final int AT_A_TIME = 5;
    private static final long SCENARIO_DEADLINE_S = 150;

    interface Scenario {
        void run(Lab lab) throws Exception;
    }

    /** Thrown by a scenario that has nothing to say about this client or this cluster. */
    static final class Skip extends RuntimeException {
        Skip(String why) {
            super(why);
        }
    }

    private static final Map<String, Scenario> SCENARIOS = new LinkedHashMap<>();

    static {
        // The slow ones first: they decide how long the whole takes.
        Retrying.scenarios(SCENARIOS);
        Sharing.scenarios(SCENARIOS);
        Transacting.scenarios(SCENARIOS);
        Tracing.scenarios(SCENARIOS);
        Namespaces.scenarios(SCENARIOS);
        Pushing.scenarios(SCENARIOS);
        Pulling.scenarios(SCENARIOS);
        Sending.scenarios(SCENARIOS);
        Administering.scenarios(SCENARIOS);
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 1 && arguments[0].equals("--list")) {
            SCENARIOS.keySet().forEach(System.out::println);
            return;
        }
        if (arguments.length == 0) {
            System.err.println("usage: Main NAMESRV [SCENARIO...] | --list");
            System.exit(2);
        }
        List<String> names = new ArrayList<>(List.of(arguments).subList(1, arguments.length));
        for (String name : names) {
            if (!SCENARIOS.containsKey(name)) {
                System.err.println(name + ": no such scenario; --list prints all");
                System.exit(2);
            }
        }
        if (names.isEmpty()) {
            names.addAll(SCENARIOS.keySet());
        }
        boolean failed;
        try (Cluster cluster = new Cluster(arguments[0])) {
            failed = !runAll(names, cluster);
        }
        System.exit(failed ? 1 : 0); // The client leaves threads behind that would keep the JVM.
    }

    private static boolean runAll(List<String> names, Cluster cluster) throws InterruptedException {
        var pool = Executors.newFixedThreadPool(AT_A_TIME);
        AtomicInteger failures = new AtomicInteger();
        List<Callable<Void>> jobs = new ArrayList<>();
        for (String name : names) {
            jobs.add(() -> {
                if (!runOne(name, cluster)) {
                    failures.incrementAndGet();
                }
                return null;
            });
        }
        pool.invokeAll(jobs);
        pool.shutdown();
        return failures.get() == 0;
    }

    private static boolean runOne(String name, Cluster cluster) {
        long start = System.nanoTime();
        var runner = Executors.newSingleThreadExecutor();
        Lab lab = new Lab(cluster, name);
        Future<Void> end = runner.submit(() -> {
            SCENARIOS.get(name).run(lab);
            return null;
        });
        try {
            end.get(SCENARIO_DEADLINE_S, TimeUnit.SECONDS);
            say("PASS " + name + " (" + (System.nanoTime() - start) / 1_000_000 + " ms)");
            return true;
        } catch (TimeoutException | InterruptedException e) {
            say("FAIL " + name + ": did not end within " + SCENARIO_DEADLINE_S + " s");
            return false;
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Skip) {
                say("SKIP " + name + ": " + e.getCause().getMessage());
                return true;
            }
            say("FAIL " + name + ": " + describe(e.getCause()));
            return false;
        } finally {
            runner.shutdownNow();
            lab.close();
        }
    }

    /** The error, and where in the scenario it happened. */
    private static String describe(Throwable error) {
        String where = "";
        for (StackTraceElement frame : error.getStackTrace()) {
            if (frame.getClassName().startsWith("stock.") && !frame.getClassName().startsWith("stock.Check")) {
                where = " (" + frame.getFileName() + ":" + frame.getLineNumber() + ")";
                break;
            }
        }
        StringBuilder what = new StringBuilder(error instanceof Check.Failed ? error.getMessage() : error.toString());
        for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
            what.append("; cause: ").append(cause);
        }
        return what.append(where).toString().replaceAll("\\s+", " ");
    }

    private static synchronized void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
