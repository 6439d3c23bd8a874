package hearth.agent

import java.io.{File, PrintWriter, StringWriter}
import java.net.URL

import scala.annotation.tailrec
import scala.tools.nsc.Settings
import scala.tools.nsc.interpreter.{IMain, Results}

import org.apache.spark.sql.SparkSession
import org.apache.spark.sql.hearth.ClassPath

/** Scala statements: each is one whole cell for the interpreter that ships with this Spark, so that an `else` on the
  * next line or a companion object mean what they mean in a file. The interpreter is made by the first statement, or in
  * the background once the session is ready; until then it costs nothing.
  *
  * Classes of cells are written where spark.repl.class.outputDir says: executors fetch them from there.
  */
final class ScalaCells(frames: Frames, app: () => SparkApp, statements: Statements, classPath: ClassPath)
    extends Runner("scala", frames, app, statements) {
  import ScalaCells._

  private val printed = new StringWriter // what the interpreter itself says: values and errors
  private var compiler: Option[IMain] = None // guarded by this, like shell
  private var shell: Option[IMain] = None // the same one, when it knows Spark

  protected def evaluate(app: SparkApp, code: String, limit: Long): Outcome = {
    val it = ready(app)
    within(it)(steps(it, Magics.steps(code, Repl.parse(it, _).isDefined), limit, Map.empty))
  }

  /** Runs the steps of a cell until one fails. What the last magic shows is the cell's value, beside all texts. */
  @tailrec private def steps(it: IMain, left: List[Magics.Step], limit: Long, before: Map[String, String]): Outcome =
    step(it, left.head, limit) match {
      case Outcome.Value(data) =>
        val texts = List(before, data).flatMap(_.get(Text)).filter(_.nonEmpty)
        val all = before ++ data + (Text -> texts.mkString("\n"))
        if (left.tail.isEmpty) Outcome.Value(all) else if (isInterrupted) stopped else steps(it, left.tail, limit, all)
      case failed => failed
    }

  private def stopped: Outcome = CompileErrors.outcome(Interrupted, "")

  private def step(it: IMain, one: Magics.Step, limit: Long): Outcome = {
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

  /** What an expression is in the interpreter, handed over by a line that prints nothing. */
  private def shown(it: IMain, form: String, expression: String): Outcome = {
    val line = s"{ hearth.agent.Bridge.shown = ($expression); () }"
    try run(it, line, List(line), "") match {
      case (Results.Success, _, _) => Outcome.Value(Magics.show(form, Bridge.shown))
      case (_, _, said)            => CompileErrors.outcome(said, line)
    } finally { Bridge.shown = null; forget() }
  }

  private def cell(it: IMain, code: String, limit: Long): Outcome = {
    val ended = try run(it, code, CellSplitter.parts(it, code), "") finally forget()
    ended match {
      case (Results.Success, before, said) => Outcome.Value(Map(Text -> clip(plain(before + said), limit)))
      case _ if onlyComments(code)         => Outcome.Value(Map(Text -> ""))
      case (failed, before, said) =>
        if (before.nonEmpty) println(plain(before))
        if (failed == Results.Incomplete) Outcome.Failure("IncompleteStatement", "incomplete statement", Nil)
        else CompileErrors.outcome(said, code)
    }
  }

  /** Empties what was printed; the room that a long value took is given back. */
  private def forget(): Unit = {
    val buffer = printed.getBuffer
    buffer.setLength(0)
    if (buffer.capacity > KeptBuffer) buffer.trimToSize()
  }

  /** Runs the parts until one fails: how that ended, what the interpreter said of those before the last, and of it. */
  @tailrec private def run(it: IMain, code: String, parts: List[String], before: String): (Results.Result, String, String) = {
    printed.getBuffer.setLength(0)
    // The limit is the statement's own, not the shell's 800 characters.
    val result = it.reporter.withoutTruncating(it.interpret(parts.head))
    val said = printed.toString
    // A cell of which a part never ran has not succeeded.
    if (isInterrupted && result == Results.Success && parts.tail.nonEmpty) (Results.Error, before + said, Interrupted)
    else if (isInterrupted) (result, before, said)
    else if (result == Results.Success && parts.tail.nonEmpty) run(it, code, parts.tail, before + said)
    // What the definitions at the top miss may be defined further down, and nothing has run yet.
    else if (result != Results.Success && before.isEmpty && parts.tail.nonEmpty && CellSplitter.onlyDefines(it, parts.head))
      run(it, code, List(code), before)
    else (result, before, said)
  }

  /** Only code of cells: an interrupt closes the files that the compiler reads, and later cells find it broken. */
  override protected def interruptible(thread: Thread): Boolean =
    thread.getStackTrace.exists(_.getClassName.startsWith(ClassPath.CellPrefix))

  /** Makes the interpreter while Spark starts, and has it compile a little. A statement that arrives meanwhile waits for
    * the step at hand alone: for the making of the interpreter, which it would have to wait for anyway, or for one cell.
    */
  override def warm(): Unit = {
    idly(rehearse(interpreter, Rehearsal.head))
    idly(ready(app()))
    Rehearsal.foreach(cell => idly(rehearse(ready(app()), cell)))
    idly(Agent.daemon("hearth-warm")(app().warm())) // both at once would only hold each other up
  }

  /** Runs a cell that leaves no name and no number behind. */
  private def rehearse(it: IMain, cell: String): Unit =
    within(it)(it.beQuietDuring(it.interpret(cell, synthetic = true)))

  override def complete(code: String, cursor: Int)(answer: Seq[String] => Unit): Unit =
    beside(Seq.empty[String])(answer) {
      val it = ready(app())
      within(it)(Repl.complete(it, code, cursor)).map(_.trim).filter(_.nonEmpty).distinct.take(MaxNames)
    }

  override def addJar(jar: URL): Unit = next(synchronized(shell.foreach(_.addUrlsToClassPath(jar))))

  /** The type of the name at the cursor; that of a method as a function. */
  override def describe(code: String, cursor: Int)(answer: Map[String, String] => Unit): Unit =
    beside(Map.empty[String, String])(answer) {
      val it = ready(app())
      val name = nameAt(code, cursor)
      val types = if (name.isEmpty) Iterator.empty else Iterator(name, name + " _").map(typeOf(it, _))
      types.find(t => t.nonEmpty && t != "<notype>").fold(Map.empty[String, String])(t => Map("text/plain" -> s"$name: $t"))
    }

  private def typeOf(it: IMain, expression: String): String = within(it) {
    var found = ""
    it.beQuietDuring { found = it.typeOfExpression(expression).toString }
    found
  }

  /** The interpreter without Spark, made at the first call. */
  private def interpreter: IMain = synchronized {
    compiler.getOrElse {
      val it = Repl.make(settings, new PrintWriter(printed, true), classPath.parent)
      compiler = Some(it)
      it
    }
  }

  /** The interpreter of cells. */
  private def ready(app: SparkApp): IMain = synchronized {
    shell.getOrElse {
      Bridge.session = app.session
      val it = interpreter
      within(it)(it.beQuietDuring(it.interpret(Prelude)))
      if (classPath.jars.nonEmpty) it.addUrlsToClassPath(classPath.jars: _*) // not before it has a class loader
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

  /** User code, and what Spark makes of it, finds the classes of earlier cells through the thread. */
  private def within[A](it: IMain)(body: => A): A = {
    val thread = Thread.currentThread
    val before = thread.getContextClassLoader
    thread.setContextClassLoader(it.classLoader)
    try body finally thread.setContextClassLoader(before)
  }
}

object ScalaCells {
  // One cell, because each costs as much again.
  private val Prelude = """@transient val spark = hearth.agent.Bridge.session
    |@transient val sc = spark.sparkContext
    |import org.apache.spark.SparkContext._
    |import spark.implicits._
    |import spark.sql
    |import org.apache.spark.sql.functions._""".stripMargin

  private val Rehearsal = Seq("1 + 1", "{ case class P(a: Int); Seq(P(1)).map(_.a).sum }")

  // Of such things it only says how many there are, within the value, and which of its own commands tells more.
  private val NoHints = "-Wconf:cat=deprecation:s,cat=feature:s"
  private val Text = "text/plain"
  private val Interrupted = "java.lang.InterruptedException: the cell was stopped between two of its parts\n"
  private val MaxNames = 1000
  private val KeptBuffer = 1 << 20

  /** The dotted name around the cursor. */
  private def nameAt(code: String, cursor: Int): String = {
    def part(c: Char) = Character.isJavaIdentifierPart(c)
    code.take(cursor).reverse.takeWhile(c => part(c) || c == '.').reverse.dropWhile(_ == '.') +
      code.drop(cursor).takeWhile(part)
  }

  /** What the interpreter said of the values, in the words of Scala 2.12: its successor puts "val" before its own
    * names, which clients that read "res0: Int = 2" do not know.
    */
  private def plain(said: String): String =
    said.stripSuffix("\n").replaceAll("(?m)^val (res\\d+: )", "$1")

  private def onlyComments(code: String): Boolean =
    code.replaceAll("(?s)/\\*.*?\\*/", "").replaceAll("//[^\n]*", "").trim.isEmpty

  private def clip(text: String, limit: Long): String =
    if (text.length <= limit) text else text.take(limit.toInt) + s"\n… value truncated after $limit characters"
}

/** What cells and the agent hand each other: the session, and what a magic shows. */
object Bridge {
  @volatile var session: SparkSession = _

  /** The value that a magic shows. */
  @volatile var shown: Any = _
}
