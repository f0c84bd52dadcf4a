// `tidemill-bench pattern` for aws/event-ruler: the same arguments, the same line of JSON.
//
//   java -cp JARS EventRuler.java LABEL RULES EVENTS SECONDS

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import software.amazon.event.ruler.Machine;

public final class EventRuler {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final int ROUND = 1000;

  private final Machine machine = new Machine();
  private final List<String> events;
  private int next = 0;

  private EventRuler(List<String> events) {
    this.events = events;
  }

  private int match() throws Exception {
    final String event = events.get(next);
    next = next + 1 == events.size() ? 0 : next + 1;
    return machine.rulesForJSONEvent(event).size();
  }

  private long run(double seconds) throws Exception {
    final long end = System.nanoTime() + (long) (seconds * 1e9);
    long done = 0;
    while (done == 0 || System.nanoTime() < end) {
      for (int i = 0; i < ROUND; ++i) match();
      done += ROUND;
    }
    return done;
  }

  private double[] latencies(double seconds) throws Exception {
    final double[] times = new double[(int) (seconds * 1e7)];
    final long end = System.nanoTime() + (long) (seconds * 1e9);
    int count = 0;
    for (long begun = System.nanoTime(); begun < end && count < times.length; ) {
      match();
      final long now = System.nanoTime();
      times[count++] = (now - begun) / 1e3;
      begun = now;
    }
    final double[] sorted = Arrays.copyOf(times, count);
    Arrays.sort(sorted);
    return sorted;
  }

  private static double cpu() {
    return THREADS.getCurrentThreadCpuTime() / 1e9;
  }

  private static double heapMb() throws Exception {
    for (int i = 0; i < 3; ++i) {
      System.gc();
      Thread.sleep(50);
    }
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() / 1e6;
  }

  public static void main(String[] arguments) throws Exception {
    final List<String> rules = Files.readAllLines(Path.of(arguments[1]));
    final EventRuler bench = new EventRuler(Files.readAllLines(Path.of(arguments[2])));
    final double seconds = Double.parseDouble(arguments[3]);
    final double bytes = Files.size(Path.of(arguments[2])) / (double) bench.events.size();

    final double heap = heapMb();
    final double addBegun = cpu();
    for (int i = 0; i < rules.size(); ++i) bench.machine.addRule("rule-" + i, rules.get(i));
    final double addSeconds = cpu() - addBegun;
    final double memory = heapMb() - heap;

    long matches = 0;
    for (int i = 0; i < bench.events.size(); ++i) matches += bench.match();
    bench.run(Math.max(3, seconds / 2)); // For the just-in-time compiler.
    final long wall = System.nanoTime();
    final double begun = cpu();
    final long done = bench.run(seconds);
    final double cpuSeconds = cpu() - begun;
    final double wallSeconds = (System.nanoTime() - wall) / 1e9;
    final double[] times = bench.latencies(Math.min(seconds, 2));
    System.out.printf(
        Locale.ROOT,
        "{\"engine\": \"event-ruler\", \"case\": \"%s\", \"rules\": %d, \"events_per_cpu_s\": %.0f,"
            + " \"events_per_s\": %.0f, \"mb_per_s\": %.1f, \"p50_us\": %.3f, \"p99_us\": %.3f,"
            + " \"add_s\": %.4f, \"adds_per_s\": %.0f, \"mem_mb\": %.3f,"
            + " \"matches_per_event\": %s}%n",
        arguments[0], rules.size(), done / cpuSeconds, done / wallSeconds,
        done / cpuSeconds * bytes / 1e6, times[times.length / 2],
        times[(int) (times.length * 0.99)], addSeconds, rules.size() / addSeconds, memory,
        (double) matches / bench.events.size());
  }
}
