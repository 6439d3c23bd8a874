package hearth.agent

import java.util.Properties
import java.util.concurrent.{ScheduledExecutorService, TimeUnit}

import scala.collection.mutable
import scala.util.Try

import org.apache.spark.Success
import org.apache.spark.scheduler._

/** Reports the progress of running statements: tasks done of all tasks in the stages of their jobs.
  * The value never falls, is sent at most five times a second, not in the first fifth of a second,
  * and stays below one, because only the end of a statement is its end.
  *
  * A job belongs to the statement whose tag it carries. A job without such a tag, from a thread of
  * the user's own that Python did not announce, belongs to the statement that ran when it started.
  * A job that `stray` claims belongs to none.
  */
final class Progress(frames: Frames, pool: => ScheduledExecutorService, stray: (Long, Int) => Boolean) extends SparkListener {
  import Progress._

  private val runs = mutable.LinkedHashMap.empty[Long, Run] // all guarded by this
  private val owners = mutable.HashMap.empty[Int, Run] // by stage

  /** Follows a statement. It is called once for each thread that works for it. */
  def begin(number: Long): Unit = synchronized { runs.getOrElseUpdate(number, new Run(number)) }

  def end(number: Long): Unit = synchronized {
    runs.remove(number).foreach(run => run.stages.keys.foreach(owners.remove))
  }

  /** Returns the running jobs that belong to the statement without carrying its tag. */
  def untaggedJobs(number: Long): Seq[Int] =
    synchronized(runs.get(number).map(_.untagged.toSeq).getOrElse(Nil))

  override def onJobStart(e: SparkListenerJobStart): Unit = {
    val tag = taggedNumber(e.properties)
    if (!tag.exists(stray(_, e.jobId))) started(e, tag)
  }

  private def started(e: SparkListenerJobStart, tag: Option[Long]): Unit = synchronized {
    owner(tag, e.time).foreach { run =>
      if (tag.isEmpty) run.untagged += e.jobId
      run.jobs(e.jobId) = e.stageInfos.map(_.stageId)
      e.stageInfos.filterNot(s => owners.contains(s.stageId)).foreach { s =>
        run.expect(s.stageId, s.numTasks)
        owners(s.stageId) = run
      }
    }
  }

  override def onTaskEnd(e: SparkListenerTaskEnd): Unit =
    if (e.reason == Success) synchronized {
      owners.get(e.stageId).foreach { run => run.advance(e.stageId, 1); report(run) }
    }

  /** Stages that never ran, because their output exists already, count as done with their job. */
  override def onJobEnd(e: SparkListenerJobEnd): Unit = synchronized {
    runs.values.find(_.jobs.contains(e.jobId)).foreach { run =>
      run.jobs.remove(e.jobId).foreach(_.foreach(run.advance(_, Int.MaxValue)))
      run.untagged -= e.jobId
      report(run)
    }
  }

  private def owner(tag: Option[Long], time: Long): Option[Run] = tag match {
    case Some(number) => runs.get(number)
    // Events arrive late: a job left behind by an ended statement belongs to none.
    case None => runs.values.toSeq.reverseIterator.find(_.begun <= time)
  }

  private def report(run: Run): Unit = {
    val wait = run.nextAt - System.nanoTime
    if (run.value > run.sent && !run.waiting) {
      if (wait <= 0) send(run)
      else {
        run.waiting = true
        pool.schedule((() => flush(run)): Runnable, wait, TimeUnit.NANOSECONDS)
      }
    }
  }

  private def flush(run: Run): Unit = synchronized {
    run.waiting = false
    if (runs.get(run.number).contains(run)) report(run)
  }

  private def send(run: Run): Unit = {
    run.sent = run.value
    run.nextAt = System.nanoTime + EveryMs * 1000000L
    frames.send("progress", "stmt" -> run.number, "value" -> run.sent)
  }
}

object Progress {
  private val EveryMs = 200L
  private val Most = 0.99

  private def taggedNumber(properties: Properties): Option[Long] =
    Statements.tagsOf(properties).filter(_.startsWith(Statements.Prefix))
      .flatMap(t => Try(t.substring(Statements.Prefix.length).toLong).toOption).headOption

  /** The progress of one running statement. */
  private final class Run(val number: Long) {
    val begun: Long = System.currentTimeMillis
    val stages = mutable.HashMap.empty[Int, Int] // tasks left to do
    val jobs = mutable.HashMap.empty[Int, Iterable[Int]]
    val untagged = mutable.HashSet.empty[Int]
    var sent = 0.0
    var nextAt: Long = System.nanoTime + EveryMs * 1000000L
    var waiting = false
    private var tasks, done = 0L

    def expect(stage: Int, n: Int): Unit = {
      stages(stage) = n
      tasks += n
    }

    /** Counts tasks of a stage as done. A stage that is tried again has no more tasks than before.
      */
    def advance(stage: Int, n: Int): Unit = stages.get(stage).foreach { left =>
      val more = math.min(n, left)
      stages(stage) = left - more
      done += more
    }

    def value: Double = if (tasks == 0) 0.0 else math.min(done.toDouble / tasks, Most)
  }
}
