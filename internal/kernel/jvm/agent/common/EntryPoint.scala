package hearth.agent

import java.util.concurrent.{CompletableFuture, ExecutionException}

import org.apache.spark.SparkConf
import org.apache.spark.api.java.JavaSparkContext
import org.apache.spark.sql.SparkSession

/** The agent's interface to Python through py4j, as `gateway.entry_point`. Its methods are a
  * contract with the Python kernel. Each waits for Spark and throws the reason if Spark failed to
  * start.
  */
final class EntryPoint(app: CompletableFuture[SparkApp], statements: Statements) {

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
  }

  /** Reports whether a cancel of the statement has arrived here. */
  def wasInterrupted(number: Long): Boolean = statements.wasInterrupted(number)

  /** Forgets a statement and removes its tag from the calling thread. */
  def endStatement(number: Long): Unit = statements.end(number, ready.current)

  private def ready: SparkApp =
    try app.get()
    catch { case e: ExecutionException => throw e.getCause }
}
