package hearth.agent

import java.util.Properties
import java.util.concurrent.{ScheduledExecutorService, ScheduledThreadPoolExecutor, TimeUnit}

import scala.collection.immutable.BitSet
import scala.util.control.NonFatal

import org.apache.spark.SparkContext
import org.apache.spark.sql.hearth.LocalProperties

/** Follows the running statements of all languages: their tags, their jobs and their interruption.
  */
final class Statements(frames: Frames) {
  private val progress = new Progress(frames, pool, stray)
  @volatile private var running = Map.empty[Long, SparkContext] // written under the lock of this, as all that follows
  private var ended = 0L
  private var listenedTo: SparkContext = _ // the context whose listener is progress
  private var interrupted = Set.empty[Long]
  private var abandoned = BitSet.empty // statements that were interrupted and have ended
  private var descriptions = Map.empty[Long, String]

  private lazy val pool: ScheduledExecutorService = {
    val one = new ScheduledThreadPoolExecutor(1, (r: Runnable) => {
      val t = new Thread(r, "hearth-statements"); t.setDaemon(true); t
    })
    one.setRemoveOnCancelPolicy(true)
    one
  }

  /** Listens to the jobs of a context from now on. */
  def listen(context: SparkContext): Unit = synchronized {
    if (listenedTo ne context) {
      context.addSparkListener(progress)
      LocalProperties.install(context, renew)
      listenedTo = context
    }
  }

  /** Tags the jobs of the calling thread, and of threads it starts, as those of the statement. Tags
    * set by user code stay.
    */
  def begin(number: Long, description: String, context: SparkContext): Unit = {
    listen(context)
    untag(context)
    context.addJobTag(Statements.tag(number))
    context.setInterruptOnCancel(true)
    // A description set by user code stays.
    if (description != null && description.nonEmpty && describes(context).isEmpty) {
      context.setJobDescription(description)
      synchronized { descriptions += number -> description }
    }
    // Python may be interrupted while it calls begin, and then call end first.
    synchronized { if (!abandoned(number.toInt)) { progress.begin(number); running += number -> context } }
  }

  def end(number: Long, context: SparkContext): Unit = {
    val left = synchronized {
      running -= number; ended = math.max(ended, number)
      val was = interrupted(number)
      interrupted -= number
      if (was) abandoned += number.toInt
      was
    }
    // Code that was interrupted while it waited for a job has left the job running.
    if (left) stopJobs(number, context)
    progress.end(number)
    untag(context)
    val ours = synchronized { val d = descriptions.get(number); descriptions -= number; d }
    if (ours.isDefined && describes(context) == ours) context.setJobDescription(null)
  }

  private def describes(context: SparkContext): Option[String] =
    Option(context.getLocalProperty("spark.job.description"))

  /** Cancels the jobs of a statement, those it starts next until it ends, and stray ones after
    * that.
    */
  def interrupt(number: Long): Unit = {
    val over = synchronized {
      val over = isOver(number)
      if (over) abandoned += number.toInt else interrupted += number // Python may have ended it first
      over
    }
    val until = System.nanoTime + Statements.InterruptForMs * 1000000L
    pool.execute(() => if (over) stopJobs(number, synchronized(listenedTo)) else cancel(number, until))
  }

  def wasInterrupted(number: Long): Boolean = synchronized(interrupted(number) || abandoned(number.toInt))

  private def cancel(number: Long, until: Long): Unit = {
    val (context, over) = synchronized((running.get(number), isOver(number)))
    if (!over && System.nanoTime < until) {
      context.foreach(stopJobs(number, _))
      pool.schedule((() => cancel(number, until)): Runnable, Statements.InterruptEveryMs, TimeUnit.MILLISECONDS)
    }
  }

  private def isOver(number: Long): Boolean = number <= ended && !running.contains(number)

  /** Cancels a job that starts for a statement which was cancelled before, and reports whether it
    * was one: an interrupt ends Python's wait for a call, not the call, which may be about to start
    * a job.
    */
  private def stray(number: Long, job: Int): Boolean = {
    val found = synchronized(abandoned(number.toInt))
    if (found) cancelJob(job)
    found
  }

  private def cancelJob(job: Int): Unit = {
    val context = synchronized(listenedTo)
    try if (!context.isStopped) context.cancelJob(job)
    catch { case NonFatal(e) => e.printStackTrace() }
  }

  private def stopJobs(number: Long, context: SparkContext): Unit =
    try if (context != null && !context.isStopped) {
      context.cancelJobsWithTag(Statements.tag(number))
      progress.untaggedJobs(number).foreach(context.cancelJob(_))
    } catch { case NonFatal(e) => e.printStackTrace() } // the context may stop meanwhile

  /** Runs the body after a delay, on a thread of the pool. */
  def later(ms: Long)(body: => Unit): Unit = pool.schedule((() => body): Runnable, ms, TimeUnit.MILLISECONDS)

  /** Attributes a pooled thread, whose statement has ended, to the one that runs now. */
  private def renew(thread: Properties): Unit = {
    val now = running.keys.toSeq.sorted
    val (ours, others) = Statements.tagsOf(thread).partition(_.startsWith(Statements.Prefix))
    if (!now.map(Statements.tag).exists(ours.contains))
      now.lastOption.foreach(n => thread.setProperty(Statements.Tags, (others :+ Statements.tag(n)).mkString(Statements.Divider)))
  }

  private def untag(context: SparkContext): Unit =
    context.getJobTags().filter(_.startsWith(Statements.Prefix)).foreach(context.removeJobTag)
}

object Statements {
  val Prefix = "hearth-"
  /** The local property in which Spark keeps the tags of a thread's jobs. */
  private val Tags = "spark.job.tags"
  private val Divider = ","
  private val InterruptEveryMs = 100L
  private val InterruptForMs = 5000L

  def tag(number: Long): String = Prefix + number

  /** Returns the tags in the properties of a thread or job. */
  def tagsOf(properties: Properties): Seq[String] =
    Option(properties).flatMap(p => Option(p.getProperty(Tags))).toSeq.flatMap(_.split(Divider))
}
