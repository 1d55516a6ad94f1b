package stock;

import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.function.Supplier;

/** What scenarios claim, and how they wait: always for a condition, never longer than a deadline. */
final class Check {
    /** Generous: a busy machine is no failure. Nothing waits as long when all is well. */
    static final long DEADLINE_S = 60;

    static final class Failed extends AssertionError {
        Failed(String message) {
            super(message);
        }
    }

    static void that(boolean claim, String message) {
        if (!claim) {
            throw new Failed(message);
        }
    }

    static void equal(String what, Object expected, Object actual) {
        if (!Objects.equals(expected, actual)) {
            throw new Failed(what + ": expected " + expected + ", got " + actual);
        }
    }

    /** An exception of the condition counts as "not yet", and is told if it never comes true. */
    static void until(String what, Callable<Boolean> condition) throws InterruptedException {
        until(what, condition, () -> "");
    }

    static void until(String what, Callable<Boolean> condition, Supplier<String> state) throws InterruptedException {
        until(what, DEADLINE_S, condition, state);
    }

    /** With a deadline that is itself a claim: something else would come true after it. */
    static void until(String what, long seconds, Callable<Boolean> condition, Supplier<String> state)
            throws InterruptedException {
        long deadline = System.nanoTime() + seconds * 1_000_000_000L;
        Exception last = null;
        while (System.nanoTime() < deadline) {
            try {
                if (condition.call()) {
                    return;
                }
                last = null;
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception e) {
                last = e;
            }
            Thread.sleep(20);
        }
        throw new Failed("not within " + seconds + " s: " + what + " " + state.get() + (last == null ? "" : " " + last));
    }

    /** The action has to fail with an error whose text contains `fragment`. */
    static void refused(String what, String fragment, Callable<?> action) {
        Object answer;
        try {
            answer = action.call();
        } catch (Exception e) {
            String text = e + (e.getCause() == null ? "" : " " + e.getCause());
            that(text.contains(fragment), what + ": refused, but not with \"" + fragment + "\": " + text);
            return;
        }
        throw new Failed(what + ": accepted: " + answer);
    }

    private Check() {
    }
}
