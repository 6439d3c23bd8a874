package hearth.agent

import java.io.{File, FileNotFoundException}
import java.util.concurrent.CompletableFuture

import scala.util.control.NonFatal

import org.apache.spark.sql.hearth.ClassPath

/** Runs one instance: sends Hello, opens the gateway, starts Spark beside it, and then carries out
  * the requests of the supervisor.
  */
object Agent {

  /** Exit codes. 3 is the JVM's own code for running out of memory. */
  val FailedStart = 1
  val Orphaned = 4

  private val ShutdownGraceMs = 10000L

  def serve(): Unit = {
    Capture.installedOut
    val frames = Frames.inherited()
    frames.send("hello", "proto" -> Frames.Version, "role" -> "jvm", "pid" -> ProcessHandle.current.pid)
    val agent = new Agent(frames)
    agent.start(() => Runtime.getRuntime.exit(FailedStart))
    agent.handleFrames()
  }

  /** Returns one sentence for the client about an exception, without its trace. */
  def sentence(e: Throwable): String = {
    val cause = Iterator.iterate(e)(_.getCause).takeWhile(_ != null).take(20).toSeq.last
    val text = Option(cause.getMessage).getOrElse("").linesIterator.take(1).mkString
    if (text.isEmpty) cause.getClass.getSimpleName else text
  }

  def daemon(name: String)(body: => Unit): Thread = {
    val thread = new Thread(() => body, name)
    thread.setDaemon(true)
    thread.start()
    thread
  }
}

final class Agent(frames: Frames) {
  private val app = new CompletableFuture[SparkApp]
  private val classPath = new ClassPath
  private val statements = new Statements(frames)
  private val interpreters: Map[String, Interpreter] = Map( // the languages that run in this JVM
    "scala" -> new ScalaCells(frames, () => await(), statements, classPath),
    "sql" -> new Sql(frames, () => await(), statements))

  /** Starts Spark and the gateway side by side: Python connects while the context comes up. */
  def start(failed: () => Unit): Unit = {
    Agent.daemon("hearth-context") {
      try {
        val conf = SparkApp.configure()
        // A warm interpreter costs memory, so only sessions of its language have one.
        val warmed = sys.env.get("HEARTH_LANGUAGE").contains("scala")
        if (warmed) interpreters("scala").warm()
        val it = SparkApp.start(conf, frames, classPath)
        statements.listen(it.context)
        app.complete(it)
        frames.send("ready", "info" -> it.info)
        if (!warmed) it.warm()
      } catch { case e: Throwable => fail(e, failed) }
    }
    try Gateway.open(new EntryPoint(app, statements, frames), frames)
    catch { case NonFatal(e) => fail(e, failed) }
  }

  /** Waits until Spark is up and returns it. */
  def await(): SparkApp = app.get()

  private def fail(e: Throwable, failed: () => Unit): Unit = {
    e.printStackTrace()
    frames.send("fatal", "text" -> Agent.sentence(e)) // before Python, which waits for Spark, fails for the same reason
    app.completeExceptionally(e)
    failed()
  }

  /** Handles frames of the supervisor until its end of the pipe is closed, and then ends the JVM.
    */
  def handleFrames(): Unit = {
    var frame = frames.receive()
    while (frame.isDefined) {
      handle(frame.get)
      frame = frames.receive()
    }
    Runtime.getRuntime.halt(Agent.Orphaned)
  }

  private def handle(f: Frame): Unit = f.kind match {
    case "interrupt" =>
      // The interpreter must learn of the interrupt before its jobs fail, or it reports an error.
      interpreters.values.foreach(_.interrupt(f.long("stmt")))
      statements.interrupt(f.long("stmt"))
    case "execute"   => execute(f)
    case "complete"  => inquire(f)(_.complete(f.text("code"), cursor(f))(answer(f, "completed", "names")))
    case "addFile"   => add(f)
    case "inspect"   => inquire(f)(_.describe(f.text("code"), cursor(f))(answer(f, "inspected", "data")))
    case "shutdown"  => shutdown(f.long("grace_ms"))
    case _           => // a frame of a newer protocol
  }

  private def execute(f: Frame): Unit = interpreters.get(f.text("lang")) match {
    case Some(interpreter) => interpreter.execute(f.long("stmt"), f.text("code"), f.long("limit"))
    case None =>
      val error = Map("name" -> "UnsupportedLanguage", "traceback" -> Seq.empty[String],
        "value" -> s"this runtime does not run statements in '${f.text("lang")}'")
      frames.send("result", "stmt" -> f.long("stmt"), "status" -> "error", "error" -> error)
  }

  /** Passes an inquiry to its interpreter. The supervisor sends none before Spark is up. */
  private def inquire(f: Frame)(ask: Interpreter => Unit): Unit =
    if (app.isDone) interpreters.get(f.text("lang")).foreach(ask)

  /** Adds a file on a thread of its own, so that running statements and frames go on. */
  private def add(f: Frame): Unit = Agent.daemon("hearth-add-file") {
    val wrong = try { add(f.text("name"), new File(f.text("text"))); "" }
    catch { case NonFatal(e) => Agent.sentence(e) }
    answer(f, "added", "text")(wrong)
  }

  private def add(kind: String, file: File): Unit = {
    if (!file.exists) throw new FileNotFoundException(s"There is no file ${file.getName}.")
    val context = await().current
    if (kind == "jar") {
      context.addJar(file.getPath)
      classPath.add(file)
      interpreters.values.foreach(_.addJar(file.toURI.toURL))
    } else context.addFile(file.getPath)
  }

  private def answer(f: Frame, kind: String, field: String)(content: Any): Unit =
    frames.send(kind, "id" -> f.long("id"), field -> content)

  /** Returns the cursor of a frame in UTF-16 units. The protocol counts characters. */
  private def cursor(f: Frame): Int = {
    val code = f.text("code")
    val characters = code.codePointCount(0, code.length)
    code.offsetByCodePoints(0, math.max(0, math.min(f.long("cursor"), characters.toLong)).toInt)
  }

  private def shutdown(graceMs: Long): Unit = {
    Agent.daemon("hearth-watchdog") {
      Thread.sleep(if (graceMs > 0) graceMs else Agent.ShutdownGraceMs)
      Runtime.getRuntime.halt(0)
    }
    Agent.daemon("hearth-shutdown") {
      try if (app.isDone && !app.isCompletedExceptionally) app.get().context.stop()
      finally Runtime.getRuntime.exit(0)
    }
  }
}
