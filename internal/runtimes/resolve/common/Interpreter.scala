package hearth.install

import org.apache.spark.repl.SparkILoop

/** Runs a few cells in the interpreter that is shipped with Spark, which finds the running session
  * by itself.
  */
object Interpreter {
  def run(code: String): Unit = System.err.println(SparkILoop.run(code))
}
