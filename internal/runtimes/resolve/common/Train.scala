package hearth.install

import java.io.File
import java.net.{InetAddress, URLClassLoader}

import org.apache.spark.sql.SparkSession

/** A short session that loads the classes that every session loads, so that the class-data archive
  * holds them: context, SQL, a shuffle, the py4j gateway, the Scala interpreter, Spark Connect
  * where it is there; then what the agent loads when it is called with --train.
  *
  * Arguments: the agent's jar, if there is one.
  */
object Train {
  def main(args: Array[String]): Unit = {
    val spark = SparkSession.builder().master("local[1]").appName("train").getOrCreate()
    queries(spark)
    gateway(spark)
    interpreter(spark)
    load("org.apache.spark.sql.connect.SparkConnectPlugin")
    spark.stop()
    println("hearth:trained")
    args.headOption.foreach(jar => rehearse(new File(jar)))
    // Threads of the interpreter and the gateway must not keep the archive from being written.
    System.exit(0)
  }

  // The agent changes more often than the archive, so its classes must stay out of it. A loader of
  // their own does that, while the classes of Spark that they use are archived.
  private def rehearse(agentJar: File): Unit = {
    val loader = new URLClassLoader(Array(agentJar.toURI.toURL), getClass.getClassLoader)
    Thread.currentThread.setContextClassLoader(loader)
    loader.loadClass("hearth.agent.Main").getMethod("main", classOf[Array[String]]).invoke(null, Array("--train"))
  }

  private def queries(spark: SparkSession): Unit = {
    val n = spark.range(10).count()
    require(n == 10, s"range(10).count() gave $n")
    spark.sql("select id % 3 as k, count(*) as n, sum(id) as s from range(100) group by id % 3 order by k").show()
    spark.sql("select 1 as one, 'x' as s, current_date() as d").collect()
    spark.sql("show tables").collect()
    spark.range(3).createOrReplaceTempView("train")
    spark.sql("select a.id from train a join train b on a.id = b.id").toJSON.collect()
  }

  private def gateway(spark: SparkSession): Unit = {
    val server = new py4j.GatewayServer.GatewayServerBuilder()
      .javaAddress(InetAddress.getLoopbackAddress)
      .javaPort(0)
      .authToken("train")
      .build()
    server.start()
    load("org.apache.spark.api.python.PythonRDD")
    load("org.apache.spark.api.python.PythonUtils")
    load("org.apache.spark.sql.api.python.PythonSQLUtils")
    server.shutdown()
  }

  private def interpreter(spark: SparkSession): Unit =
    try Interpreter.run("val x = spark.range(3).count()\nprintln(x)\ncase class P(a: Int)\nList(P(1)).map(_.a).sum\n")
    catch { case e: Throwable => System.err.println("hearth: the Scala interpreter was not trained: " + e) }

  private def load(name: String): Unit =
    try Class.forName(name)
    catch { case _: Throwable => () }
}
