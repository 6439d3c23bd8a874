package hearth.agent

import java.io.{PrintWriter, StringWriter}
import java.util.concurrent.LinkedBlockingQueue

import scala.util.control.NonFatal

import org.apache.spark.sql.SparkSession

/** How a statement ended, for its Result frame. */
sealed trait Outcome
object Outcome {
  final case class Value(data: Map[String, String]) extends Outcome
  final case class Failure(name: String, value: String, traceback: Seq[String]) extends Outcome

  /** An exception as the statement's error, with its trace line by line. */
  def of(e: Throwable): Failure = {
    val text = new StringWriter
    e.printStackTrace(new PrintWriter(text, true))
    // The name that the exception gives itself: Spark hides some behind a subclass of its own.
    val name = e.toString.takeWhile(c => Character.isJavaIdentifierPart(c) || c == '.')
    Failure(if (name.isEmpty) e.getClass.getName else name, Option(e.getMessage).getOrElse(""), lines(text.toString))
  }

  def lines(text: String): Seq[String] = text.linesIterator.map(_ + "\n").toList
}

/** Runs statements of one language one by one on a thread of their own, which is started by the first. */
abstract class Runner(language: String, frames: Frames, live: () => Live, statements: Statements) extends Interpreter {
  private final case class Job(statement: Long, code: String, limit: Long)

  private val queue = new LinkedBlockingQueue[() => Unit]
  private var running = 0L // guarded by this, like interrupted
  private var interrupted = false
  private var waiting = 0 // statements that have not ended
  private lazy val thread: Thread = Agent.daemon(s"hearth-$language") { while (true) queue.take()() }

  /** Runs code on the runner's thread; its output is captured. */
  protected def evaluate(live: Live, code: String, limit: Long): Outcome

  def execute(statement: Long, code: String, limit: Long): Unit = {
    synchronized { waiting += 1 }
    queue.put(() => run(Job(statement, code, limit)))
    thread
  }

  /** Runs the body on the runner's thread, after the statements that are waiting. */
  protected def next(body: => Unit): Unit = {
    queue.put(() => try body catch { case NonFatal(e) => e.printStackTrace() })
    thread
  }

  /** Answers on the runner's thread, or with `nothing` at once while that has statements to run. */
  protected def beside[A](nothing: A)(answer: A => Unit)(ask: => A): Unit =
    if (synchronized(waiting > 0)) answer(nothing)
    else {
      queue.put { () =>
        val free = synchronized(waiting == 0)
        answer(try if (free) ask else nothing catch { case NonFatal(_) => nothing })
      }
      thread
    }

  /** Jobs are cancelled by their tag first. Only code that goes on all the same has its thread interrupted, because an
    * interrupted wait for a job leaves the job running.
    */
  def interrupt(statement: Long): Unit = {
    synchronized { if (running == statement) interrupted = true else return }
    statements.interrupt(statement)
    statements.later(Runner.ThreadAfterMs) {
      synchronized { if (running == statement) thread.interrupt() }
    }
  }

  private def run(job: Job): Unit = {
    synchronized { running = job.statement; interrupted = false }
    frames.send("started", "stmt" -> job.statement)
    val outcome = try inSession(job) catch {
      case e: StackOverflowError  => Outcome.of(e) // of one deep expression; the thread goes on
      case e: VirtualMachineError => throw e
      case e: Throwable           => Outcome.of(e)
    }
    // From here on an interrupt is for nobody: the flag must not reach the next statement.
    val cancelled = synchronized { running = 0L; waiting -= 1; Thread.interrupted(); interrupted }
    tell(job, outcome, cancelled)
  }

  private def inSession(job: Job): Outcome = {
    val it = live()
    SparkSession.setActiveSession(it.session)
    statements.begin(job.statement, "", it.current)
    try Capture.during(new Capture(frames, job.statement, job.limit))(evaluate(it, job.code, job.limit))
    finally try statements.end(job.statement, it.current) catch { case NonFatal(e) => e.printStackTrace() }
  }

  private def tell(job: Job, outcome: Outcome, cancelled: Boolean): Unit = {
    val common = Seq("stmt" -> job.statement, "count" -> job.statement)
    outcome match {
      case Outcome.Value(data) =>
        frames.send("result", common ++ Seq("status" -> "ok", "data" -> data): _*)
      case _ if cancelled =>
        frames.send("result", common :+ ("status" -> "cancelled"): _*)
      case Outcome.Failure(name, value, traceback) =>
        val error = Map("name" -> name, "value" -> value, "traceback" -> traceback)
        frames.send("result", common ++ Seq("status" -> "error", "error" -> error): _*)
    }
  }
}

object Runner {
  private val ThreadAfterMs = 250L
}
