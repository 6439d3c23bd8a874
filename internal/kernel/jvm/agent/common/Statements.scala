package hearth.agent

import java.util.concurrent.{ScheduledExecutorService, ScheduledThreadPoolExecutor, TimeUnit}

import scala.util.control.NonFatal

import org.apache.spark.SparkContext

/** The statements that run now, in whatever language: their tags, their jobs, their interruption. */
final class Statements(frames: Frames) {
  private val progress = new Progress(frames, pool)
  private var running = Map.empty[Long, SparkContext] // guarded by this
  private var ended = 0L

  private lazy val pool: ScheduledExecutorService = {
    val one = new ScheduledThreadPoolExecutor(1, (r: Runnable) => {
      val t = new Thread(r, "hearth-statements"); t.setDaemon(true); t
    })
    one.setRemoveOnCancelPolicy(true)
    one
  }

  /** The listener every SparkContext of this JVM must have. */
  def listener: Progress = progress

  /** Tags the jobs of the calling thread, and of threads it starts, as the statement's; tags of users stay. */
  def begin(number: Long, description: String, context: SparkContext): Unit = {
    untag(context)
    context.addJobTag(Statements.tag(number))
    context.setInterruptOnCancel(true)
    if (description != null && description.nonEmpty) context.setJobDescription(description)
    progress.begin(number)
    synchronized { running += number -> context }
  }

  def end(number: Long, context: SparkContext): Unit = {
    synchronized { running -= number; ended = math.max(ended, number) }
    progress.end(number)
    untag(context)
    context.setJobDescription(null)
  }

  /** Cancels the statement's jobs, and those it starts next, until it ends. */
  def interrupt(number: Long): Unit = {
    val until = System.nanoTime + Statements.InterruptForMs * 1000000L
    pool.execute(() => cancel(number, until))
  }

  private def cancel(number: Long, until: Long): Unit = {
    val (context, over) = synchronized((running.get(number), number <= ended && !running.contains(number)))
    if (!over && System.nanoTime < until) {
      try context.filterNot(_.isStopped).foreach { c =>
        c.cancelJobsWithTag(Statements.tag(number))
        progress.untaggedJobs(number).foreach(c.cancelJob(_))
      } catch { case NonFatal(e) => e.printStackTrace() } // a context that stops meanwhile
      pool.schedule((() => cancel(number, until)): Runnable, Statements.InterruptEveryMs, TimeUnit.MILLISECONDS)
    }
  }

  private def untag(context: SparkContext): Unit =
    context.getJobTags().filter(_.startsWith(Statements.Prefix)).foreach(context.removeJobTag)
}

object Statements {
  val Prefix = "hearth-"
  private val InterruptEveryMs = 100L
  private val InterruptForMs = 5000L

  def tag(number: Long): String = Prefix + number
}
