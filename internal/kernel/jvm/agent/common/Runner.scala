package hearth.agent

import java.io.{PrintWriter, StringWriter}
import java.util.concurrent.{ExecutionException, LinkedBlockingQueue}

import scala.util.control.NonFatal

import org.apache.spark.sql.SparkSession

/** The end of a statement, for its Result frame. */
sealed trait Outcome
object Outcome {
  final case class Value(data: Map[String, String]) extends Outcome
  final case class Failure(name: String, value: String, traceback: Seq[String]) extends Outcome

  /** Returns an exception as the error of a statement, with its trace line by line. */
  def of(e: Throwable): Failure = {
    val text = new StringWriter
    e.printStackTrace(new PrintWriter(text, true))
    // The name in toString: Spark hides some exceptions behind a subclass of its own.
    val name = e.toString.takeWhile(c => Character.isJavaIdentifierPart(c) || c == '.')
    Failure(if (name.isEmpty) e.getClass.getName else name, Option(e.getMessage).getOrElse(""), lines(text.toString))
  }

  private val Longest = 1 << 20 // characters
  private val MostLines = 1000

  /** Shortens an error so that it always fits into a frame: messages of user code have any length.
    */
  def shortened(f: Failure): Failure = {
    val half = MostLines / 2
    val lines = if (f.traceback.size <= MostLines) f.traceback
      else f.traceback.take(half) ++ Seq(s"  … ${f.traceback.size - 2 * half} lines left out\n") ++ f.traceback.takeRight(half)
    val room = Longest / math.max(lines.size, 1)
    Failure(cut(f.name, room), cut(f.value, Longest), lines.map(cut(_, room)))
  }

  private def cut(text: String, longest: Int): String = if (text.length <= longest) text else text.take(longest) + "…\n"

  def lines(text: String): Seq[String] = text.linesIterator.map(_ + "\n").toList
}

/** Runs statements of one language one by one on a thread of their own, which the first one starts.
  */
abstract class Runner(language: String, frames: Frames, app: () => SparkApp, statements: Statements) extends Interpreter {
  private final case class Job(statement: Long, code: String, limit: Long)

  private val queue = new LinkedBlockingQueue[() => Unit]
  private var waiting = Set.empty[Long] // guarded by this, as are running and interrupted
  private var running = 0L
  private var interrupted = false
  private lazy val thread: Thread = Agent.daemon(s"hearth-$language") { while (true) queue.take()() }

  /** Runs code on the runner's thread, with its output captured. */
  protected def evaluate(app: SparkApp, code: String, limit: Long): Outcome

  def execute(statement: Long, code: String, limit: Long): Unit = {
    synchronized { waiting += statement }
    queue.put(() => run(Job(statement, code, limit)))
    thread
  }

  private def free: Boolean = synchronized(running == 0L && waiting.isEmpty)

  /** Runs the body on the runner's thread, after the statements that are waiting. */
  protected def next(body: => Unit): Unit = {
    queue.put(() => try body catch { case NonFatal(e) => e.printStackTrace() })
    thread
  }

  /** Runs the body on the runner's thread unless a statement waits by then, or Spark failed to
    * start.
    */
  protected def idly(body: => Unit): Unit =
    next(try if (free) body catch { case _: ExecutionException => }) // reported where Spark is started

  /** Answers an inquiry on the runner's thread, or at once with `nothing` while statements run or
    * wait.
    */
  protected def beside[A](nothing: A)(answer: A => Unit)(ask: => A): Unit =
    if (!free) answer(nothing)
    else {
      queue.put(() => answer(try if (free) ask else nothing catch { case NonFatal(_) => nothing }))
      thread
    }

  /** Interrupts a statement. One that still waits, for the interpreter to be ready, does not start.
    * The jobs of a running one are cancelled elsewhere, by their tag. Its thread is interrupted
    * only if the code goes on after that, because an interrupted wait for a job leaves the job
    * running.
    */
  def interrupt(statement: Long): Unit = {
    val withdrawn = synchronized {
      val waits = waiting(statement)
      waiting -= statement
      if (running == statement) interrupted = true
      waits
    }
    if (withdrawn) {
      val error = Map("name" -> "Interrupted", "value" -> "the statement was cancelled before it started",
        "traceback" -> Seq.empty[String])
      frames.send("result", "stmt" -> statement, "status" -> "cancelled", "error" -> error)
    } else if (synchronized(running == statement)) statements.later(Runner.ThreadAfterMs)(interruptThread(statement))
  }

  private def interruptThread(statement: Long): Unit = synchronized {
    if (running == statement) {
      if (interruptible(thread)) thread.interrupt()
      else statements.later(Runner.AgainAfterMs)(interruptThread(statement))
    }
  }

  /** Reports whether the thread may be interrupted at the moment. */
  protected def interruptible(thread: Thread): Boolean = true

  /** Reports whether the running statement has been interrupted. */
  protected def isInterrupted: Boolean = synchronized(interrupted)

  private def run(job: Job): Unit = if (begin(job.statement)) {
    frames.send("started", "stmt" -> job.statement)
    val outcome = try inSession(job) catch {
      case e: StackOverflowError  => Outcome.of(e) // from one deep expression; the thread goes on
      case e: VirtualMachineError => throw e
      case e: Throwable           => Outcome.of(e)
    }
    // An interrupt from here on has no target: the flag must not reach the next statement.
    val cancelled = synchronized { running = 0L; Thread.interrupted(); interrupted }
    sendResult(job, outcome, cancelled)
  }

  /** Makes the statement the running one, unless it was withdrawn. */
  private def begin(statement: Long): Boolean = synchronized {
    val waits = waiting(statement)
    if (waits) { waiting -= statement; running = statement; interrupted = false }
    waits
  }

  private def inSession(job: Job): Outcome = {
    val it = app()
    SparkSession.setActiveSession(it.currentSession)
    statements.begin(job.statement, "", it.current)
    try Capture.during(new Capture(frames, job.statement, job.limit))(evaluate(it, job.code, job.limit))
    finally try statements.end(job.statement, it.current) catch { case NonFatal(e) => e.printStackTrace() }
  }

  private def sendResult(job: Job, outcome: Outcome, cancelled: Boolean): Unit = {
    val common = Seq("stmt" -> job.statement, "count" -> job.statement)
    outcome match {
      case Outcome.Value(data) =>
        frames.sendValue("result", job.statement, data, "count" -> job.statement, "status" -> "ok")
      case failure: Outcome.Failure =>
        val Outcome.Failure(name, value, traceback) = Outcome.shortened(failure)
        val error = Map("name" -> name, "value" -> value, "traceback" -> traceback)
        val status = if (cancelled) "cancelled" else "error"
        frames.send("result", common ++ Seq("status" -> status, "error" -> error): _*)
    }
  }
}

object Runner {
  private val ThreadAfterMs = 250L
  private val AgainAfterMs = 20L
}
