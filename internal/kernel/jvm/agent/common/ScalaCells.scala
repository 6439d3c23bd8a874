package hearth.agent

import java.io.{File, PrintWriter, StringWriter}
import java.net.URL

import scala.annotation.tailrec
import scala.tools.nsc.Settings
import scala.tools.nsc.interpreter.Results
import scala.tools.nsc.interpreter.hearth.Repl
import scala.util.control.NonFatal

import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.hearth.ClassPath

/** Runs Scala statements. Each is one whole cell for the interpreter that ships with this Spark, so
  * that an `else` on the next line or a companion object mean the same as in a file. The first
  * statement makes the interpreter, or a background thread does once the session is ready; it costs
  * nothing before.
  *
  * The classes of cells are written to spark.repl.class.outputDir, from where executors fetch them.
  */
final class ScalaCells(frames: Frames, app: () => SparkApp, statements: Statements, classPath: ClassPath)
    extends Runner("scala", frames, app, statements) {
  import ScalaCells._

  private val printed = new StringWriter // the interpreter's own messages: values and errors
  private var compiler: Option[Repl] = None // guarded by this, as is shell
  private var shell: Option[Repl] = None // the compiler after the prelude, with Spark in scope

  protected def evaluate(app: SparkApp, code: String, limit: Long): Outcome = {
    val it = ready(app)
    within(it)(steps(it, Magics.steps(code, it.parsed(_).isDefined), limit, Map.empty))
  }

  /** Runs the steps of a cell until one fails. The cell's value is the value of its last magic and
    * the texts of all steps.
    */
  @tailrec private def steps(it: Repl, left: List[Magics.Step], limit: Long, before: Map[String, String]): Outcome =
    step(it, left.head, limit) match {
      case Outcome.Value(data) =>
        val texts = List(before, data).flatMap(_.get(Text)).filter(_.nonEmpty)
        val all = before ++ data + (Text -> texts.mkString("\n"))
        if (left.tail.isEmpty) Outcome.Value(all) else if (isInterrupted) stopped else steps(it, left.tail, limit, all)
      case failed => failed
    }

  private def stopped: Outcome = CompileErrors.outcome(Interrupted, "")

  private def step(it: Repl, one: Magics.Step, limit: Long): Outcome = {
    val ran = if (one.shown.isDefined && one.code.trim.isEmpty) Outcome.Value(Map.empty) else cell(it, one.code, limit)
    (ran, one.shown) match {
      case (_: Outcome.Value, Some(_)) if isInterrupted    => stopped
      case (Outcome.Value(data), Some((form, expression))) => shown(it, form, expression) match {
        case Outcome.Value(value) => Outcome.Value(data ++ value)
        case failed               => failed
      }
      case _ => ran
    }
  }

  /** Returns the value of an expression in the interpreter, passed out by a line that prints
    * nothing.
    */
  private def shown(it: Repl, form: String, expression: String): Outcome = {
    val line = s"{ hearth.agent.Bridge.shown = ($expression); () }"
    try whole(it, line) match {
      case (Results.Success, _, _) => Outcome.Value(Magics.show(form, Bridge.shown))
      case (_, _, said)            => CompileErrors.outcome(said, line)
    } finally { Bridge.shown = null; forget() }
  }

  private def cell(it: Repl, code: String, limit: Long): Outcome = {
    val ended = try run(it, code) finally forget()
    ended match {
      case (Results.Success, before, said) => Outcome.Value(Map(Text -> clip(plain(before + said), limit)))
      case _ if onlyComments(code)         => Outcome.Value(Map(Text -> ""))
      case (failed, before, said) =>
        if (before.nonEmpty) println(plain(before))
        if (failed == Results.Incomplete) Outcome.Failure("IncompleteStatement", "incomplete statement", Nil)
        else CompileErrors.outcome(said, code)
    }
  }

  /** Clears the interpreter's messages, and frees the memory of a long one. */
  private def forget(): Unit = {
    val buffer = printed.getBuffer
    buffer.setLength(0)
    if (buffer.capacity > KeptBuffer) buffer.trimToSize()
  }

  /** Runs a cell, as parts if they compile. Returns the result, the messages about the parts before
    * the last one run, and the messages about that one.
    */
  private def run(it: Repl, code: String): (Results.Result, String, String) = {
    // Nothing has run yet, so that the whole cell can still run, or say what is wrong with it.
    apart(it, code).fold(whole(it, code)) { parts =>
      try perform(it, parts, List((-1, printed.toString))) finally it.settled()
    }
  }

  /** Returns the compiled parts of a cell, None if it has one alone or they do not compile. */
  private def apart(it: Repl, code: String): Option[List[(Part, Repl#Compiled)]] =
    try {
      val parts = new CellSplitter(it).parts(code)
      printed.getBuffer.setLength(0)
      val compiled = if (parts.size > 1) it.together(parts.map(part => (part.code, part.silent))) else None
      compiled.map(parts.zip(_))
    } catch { case NonFatal(_) | _: StackOverflowError if !isInterrupted =>
      it.settled() // the compiler itself has failed, which it may not for the whole
      None
    }

  private def whole(it: Repl, code: String): (Results.Result, String, String) = {
    printed.getBuffer.setLength(0)
    // The limit is that of the statement, not the shell's 800 characters.
    val result = it.reporter.withoutTruncating(it.interpret(code))
    (result, "", printed.toString)
  }

  /** Runs compiled parts until one fails. The messages are in the order of the cell. */
  @tailrec private def perform(it: Repl, left: List[(Part, Repl#Compiled)], said: List[(Int, String)]): (Results.Result, String, String) = {
    val (part, compiled) = left.head
    printed.getBuffer.setLength(0)
    val result = it.reporter.withoutTruncating(compiled.perform())
    val before = said.sortBy(_._1).map(_._2).mkString
    val all = (part.at, printed.toString) :: said
    if (result != Results.Success) (result, before, printed.toString)
    // A cell has not succeeded if one of its parts never ran.
    else if (isInterrupted && left.tail.nonEmpty) (Results.Error, all.sortBy(_._1).map(_._2).mkString, Interrupted)
    else if (left.tail.nonEmpty) perform(it, left.tail, all)
    else (result, all.sortBy(_._1).map(_._2).mkString, "")
  }

  /** Only code of cells is interruptible: an interrupt closes the files that the compiler reads,
    * and breaks it for later cells.
    */
  override protected def interruptible(thread: Thread): Boolean =
    thread.getStackTrace.exists(_.getClassName.startsWith(ClassPath.CellPrefix))

  /** Makes the interpreter while Spark starts, and compiles a little with it. A statement that
    * arrives meanwhile waits for the current step alone: for the making of the interpreter, which
    * it needs anyway, or for one cell.
    */
  override def warm(): Unit = {
    idly(rehearse(interpreter, Rehearsal.head))
    idly(ready(app()))
    Rehearsal.foreach(cell => idly(rehearse(ready(app()), cell)))
    idly(Agent.daemon("hearth-warm")(app().warm())) // both at once would only slow each other down
  }

  /** Runs a cell without a trace in the names and numbers of later ones. */
  private def rehearse(it: Repl, cell: String): Unit =
    within(it)(it.beQuietDuring(it.interpret(cell, synthetic = true)))

  override def complete(code: String, cursor: Int)(answer: Seq[String] => Unit): Unit =
    beside(Seq.empty[String])(answer) {
      val it = ready(app())
      within(it)(it.complete(code, cursor)).map(_.trim).filter(_.nonEmpty).distinct.take(MaxNames)
    }

  override def addJar(jar: URL): Unit = next(synchronized(shell.foreach(_.addUrlsToClassPath(jar))))

  /** Answers with the type of the name at the cursor; that of a method is shown as a function. */
  override def describe(code: String, cursor: Int)(answer: Map[String, String] => Unit): Unit =
    beside(Map.empty[String, String])(answer) {
      val it = ready(app())
      val name = nameAt(code, cursor)
      val types = if (name.isEmpty) Iterator.empty else Iterator(name, name + " _").map(typeOf(it, _))
      types.find(t => t.nonEmpty && t != "<notype>").fold(Map.empty[String, String])(t => Map("text/plain" -> s"$name: $t"))
    }

  private def typeOf(it: Repl, expression: String): String = within(it) {
    var found = ""
    it.beQuietDuring { found = it.typeOfExpression(expression).toString }
    found
  }

  /** Returns the interpreter without Spark, made at the first call. */
  private def interpreter: Repl = synchronized {
    compiler.getOrElse {
      val it = Repl.make(settings, new PrintWriter(printed, true), classPath.parent)
      compiler = Some(it)
      it
    }
  }

  /** Returns the interpreter of cells, made at the first call. */
  private def ready(app: SparkApp): Repl = synchronized {
    shell.getOrElse {
      Bridge.session = app.session
      val it = interpreter
      within(it)(it.beQuietDuring(it.interpret(Prelude)))
      if (classPath.jars.nonEmpty) it.addUrlsToClassPath(classPath.jars: _*) // it has no class loader before the prelude
      classPath.addCells(it.classLoader)
      shell = Some(it)
      it
    }
  }

  private def settings: Settings = {
    val s = new Settings(problem => System.err.println(problem))
    val outputDir = sys.props.getOrElse("spark.repl.class.outputDir",
      java.nio.file.Files.createTempDirectory("hearth-repl").toString)
    new File(outputDir).mkdirs()
    s.processArguments(List("-Yrepl-class-based", "-Yrepl-outdir", outputDir, "-usejavacp", NoHints), processAll = true)
    s
  }

  /** Runs the body with the interpreter's class loader as the thread's: user code, and code that
    * Spark generates from it, finds the classes of earlier cells through the thread.
    */
  private def within[A](it: Repl)(body: => A): A = {
    val thread = Thread.currentThread
    val before = thread.getContextClassLoader
    thread.setContextClassLoader(it.classLoader)
    try body finally thread.setContextClassLoader(before)
  }
}

object ScalaCells {
  // One cell, because every cell costs about the same.
  private val Prelude = """@transient val spark = hearth.agent.Bridge.session
    |@transient val sc = spark.sparkContext
    |import org.apache.spark.SparkContext._
    |import spark.implicits._
    |import spark.sql
    |import org.apache.spark.sql.functions._""".stripMargin

  private val Rehearsal = Seq("1 + 1", "{ case class P(a: Int); Seq(P(1)).map(_.a).sum }")

  // The interpreter would print only the number of such warnings, inside the value, and refer to
  // one of its own commands.
  private val NoHints = "-Wconf:cat=deprecation:s,cat=feature:s"
  private val Text = "text/plain"
  private val Interrupted = "java.lang.InterruptedException: the cell was stopped between two of its parts\n"
  private val MaxNames = 1000
  private val KeptBuffer = 1 << 20

  /** Returns the dotted name around the cursor. */
  private def nameAt(code: String, cursor: Int): String = {
    def part(c: Char) = Character.isJavaIdentifierPart(c)
    code.take(cursor).reverse.takeWhile(c => part(c) || c == '.').reverse.dropWhile(_ == '.') +
      code.drop(cursor).takeWhile(part)
  }

  /** Returns the interpreter's text about values as Scala 2.12 writes it. Scala 2.13 puts "val"
    * before its own names, and clients read "res0: Int = 2".
    */
  private def plain(said: String): String =
    said.stripSuffix("\n").replaceAll("(?m)^val (res\\d+: )", "$1")

  private def onlyComments(code: String): Boolean =
    code.replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("//[^\n]*", "").trim.isEmpty

  private def clip(text: String, limit: Long): String =
    if (text.length <= limit) text else text.take(limit.toInt) + s"\n… value truncated after $limit characters"
}

/** Passes objects between cells and the agent. */
object Bridge {
  @volatile var session: SparkSession = _

  /** The value that a magic shows. */
  @volatile var shown: Any = _
}
