package hearth.agent

import java.util.concurrent.{CompletableFuture, ExecutionException}

import org.apache.spark.SparkConf
import org.apache.spark.api.java.JavaSparkContext
import org.apache.spark.sql.SparkSession

/** The agent's interface to Python through py4j, as `gateway.entry_point`. Its methods are a
  * contract with the Python kernel. Each waits for Spark and throws the reason if Spark failed to
  * start.
  */
final class EntryPoint(app: CompletableFuture[SparkApp], statements: Statements, frames: Frames) {
  private var printing = Map.empty[Long, Capture] // what the JVM prints for statements; guarded by this

  def javaSparkContext(): JavaSparkContext = ready.javaContext
  def sparkSession(): SparkSession = ready.session
  def sparkConf(): SparkConf = ready.context.getConf

  /** Prepares the calling thread for a statement and attributes its jobs to the statement from now
    * on. Python calls it for every statement, because after an interrupted call py4j uses a new JVM
    * thread, without any of this.
    */
  def beginStatement(number: Long, description: String): Unit = {
    val session = ready.session
    if (SparkSession.getActiveSession.isEmpty) SparkSession.setActiveSession(session)
    statements.begin(number, description, ready.current)
    Capture.follow(captureOf(number))
  }

  private def captureOf(number: Long): Capture = {
    val (before, capture) = synchronized {
      val (open, over) = printing.partition(_._1 >= number)
      printing = if (open.contains(number)) open else open + (number -> new Capture(frames, number, EntryPoint.MostPrinted))
      (over.values, printing(number))
    }
    before.foreach(_.close()) // of a statement that Python could not end
    capture
  }

  /** Reports whether a cancel of the statement has arrived here. */
  def wasInterrupted(number: Long): Boolean = statements.wasInterrupted(number)

  /** Forgets a statement, sends all that was printed for it, and removes its tag from the calling
    * thread.
    */
  def endStatement(number: Long): Unit = {
    try synchronized { val capture = printing.get(number); printing -= number; capture }.foreach(_.close())
    finally frames.send("printed", "stmt" -> number)
    statements.end(number, ready.current)
  }

  private def ready: SparkApp =
    try app.get()
    catch { case e: ExecutionException => throw e.getCause }
}

object EntryPoint {
  private val MostPrinted = 4L << 20 // bytes, beside what Python prints
}
