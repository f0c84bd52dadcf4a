// `tidemill-bench schedule next_each` for cron-utils and Quartz: one line of JSON an expression.
//
//   java -cp JARS Peers.java cron-utils|quartz EXPRESSIONS SECONDS
//
// EXPRESSIONS is a file of AWS's, one a line; SECONDS are for each.

import com.cronutils.model.CronType;
import com.cronutils.model.definition.CronDefinitionBuilder;
import com.cronutils.model.time.ExecutionTime;
import com.cronutils.parser.CronParser;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Locale;
import java.util.TimeZone;
import org.quartz.CronExpression;

public final class Peers {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final ZonedDateTime FROM = ZonedDateTime.of(2026, 1, 1, 0, 0, 0, 0, ZoneOffset.UTC);
  private static final int ROUND = 500;

  /** The next 500 instants, one after the other; after the last from the start. Gives their sum. */
  private interface Round {
    long run();
  }

  private static Round cronUtils(String expression) {
    final CronParser parser =
        new CronParser(CronDefinitionBuilder.instanceDefinitionFor(CronType.QUARTZ));
    final ExecutionTime times = ExecutionTime.forCron(parser.parse(expression));
    return () -> {
      long sum = 0;
      ZonedDateTime at = FROM;
      for (int i = 0; i < ROUND; ++i) {
        at = times.nextExecution(at).orElse(FROM);
        sum += at.toEpochSecond();
      }
      return sum;
    };
  }

  private static Round quartz(String text) throws Exception {
    final CronExpression expression = new CronExpression(text);
    expression.setTimeZone(TimeZone.getTimeZone("UTC"));
    final Date from = Date.from(FROM.toInstant());
    return () -> {
      long sum = 0;
      Date at = from;
      for (int i = 0; i < ROUND; ++i) {
        final Date next = expression.getNextValidTimeAfter(at);
        at = next == null ? from : next;
        sum += at.getTime() / 1000;
      }
      return sum;
    };
  }

  /** AWS's expression without its cron(), and with the seconds that both want. */
  private static Round read(String engine, String expression) throws Exception {
    final String text = "0 " + expression.substring("cron(".length(), expression.length() - 1);
    return engine.equals("quartz") ? quartz(text) : cronUtils(text);
  }

  private static double rate(Round round, double seconds) {
    final long begun = THREADS.getCurrentThreadCpuTime();
    long done = 0;
    double taken = 0;
    while (taken < seconds) {
      round.run();
      done += ROUND;
      taken = (THREADS.getCurrentThreadCpuTime() - begun) / 1e9;
    }
    return done / taken;
  }

  private static void print(String engine, String expression, String rest) {
    System.out.println(
        "{\"engine\": \"" + engine + "\", \"expression\": \"" + expression + "\", " + rest + "}");
  }

  public static void main(String[] arguments) throws Exception {
    final String engine = arguments[0];
    final double seconds = Double.parseDouble(arguments[2]);
    final List<String> expressions = new ArrayList<>();
    final List<Round> rounds = new ArrayList<>();
    for (String expression : Files.readAllLines(Path.of(arguments[1]))) {
      try {
        final Round round = read(engine, expression);
        round.run();
        rounds.add(round);
        expressions.add(expression);
      } catch (Exception refused) {
        print(engine, expression, "\"refused\": true");
      }
    }
    for (Round round : rounds) rate(round, seconds); // For the just-in-time compiler.
    for (int i = 0; i < rounds.size(); ++i) {
      final long sum = rounds.get(i).run();
      print(engine, expressions.get(i),
          String.format(Locale.ROOT, "\"per_cpu_s\": %.0f, \"sum_s\": %d",
              rate(rounds.get(i), seconds), sum));
    }
  }
}
