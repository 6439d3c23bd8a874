package hearth.agent

import java.util.concurrent.{CompletableFuture, ExecutionException}

import org.apache.spark.SparkConf
import org.apache.spark.api.java.JavaSparkContext
import org.apache.spark.sql.SparkSession

/** What Python sees of the agent through py4j, as `gateway.entry_point`. Its methods are a contract with
  * the Python kernel. Each waits for Spark; if Spark failed to start, it throws the reason.
  */
final class EntryPoint(app: CompletableFuture[SparkApp], statements: Statements) {

  def javaSparkContext(): JavaSparkContext = ready.javaContext
  def sparkSession(): SparkSession = ready.session
  def sparkConf(): SparkConf = ready.context.getConf

  /** Prepares the calling thread for a statement and counts jobs as its own from now on. Called at every
    * statement, because py4j gives Python a new JVM thread, without any of this, after an interrupted call.
    */
  def beginStatement(number: Long, description: String): Unit = {
    val session = ready.session
    if (SparkSession.getActiveSession.isEmpty) SparkSession.setActiveSession(session)
    statements.begin(number, description, ready.current)
  }

  /** Whether a cancel of the statement has arrived here. */
  def wasInterrupted(number: Long): Boolean = statements.wasInterrupted(number)

  /** Ends a statement's bookkeeping; its tag leaves the calling thread. */
  def endStatement(number: Long): Unit = statements.end(number, ready.current)

  private def ready: SparkApp =
    try app.get()
    catch { case e: ExecutionException => throw e.getCause }
}
