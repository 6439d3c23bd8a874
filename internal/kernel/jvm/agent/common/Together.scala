package scala.tools.nsc.interpreter.hearth

import scala.reflect.internal.util.BatchSourceFile
import scala.tools.nsc.interpreter.{IMain, Results}

/** Compiles the parts of a cell in one run of the compiler, each as a line of its own. A line is an
  * object, so that a closure reaches executors with the lines alone that it uses.
  */
trait Together { this: IMain =>
  import global.Name
  import memberHandlers.{ClassHandler, ImportHandler, MemberHandler}

  /** A compiled part, which runs once. */
  final class Compiled private[Together] (one: Request, run: => AnyRef) {
    def perform(): Results.Result = Together.this.perform(one, run)
  }

  /** The name of the classes that the interpreter nests to hide names of earlier lines. */
  protected val InnerName = "$iw"

  private var computing: AnyRef = _ // what imports are computed for, and the lines before it in the cell
  private var before = List.empty[Request]

  /** Returns the request of a line. One that is silent takes no name for its value. */
  protected def request(code: String, silent: Boolean): Option[Request]

  /** Returns what importsCode is given for a request. */
  protected def wrapperOf(of: Request): AnyRef

  /** Compiles the code of requests, and calls the function beside each before its imports are
    * computed.
    */
  protected def compileCode(requests: List[(Request, () => Unit)]): Boolean

  /** Runs a request and prints what it shows, or the exception. */
  protected def perform(one: Request, shown: => AnyRef): Results.Result

  /** Compiles parts, unless one has an error. A part is code, and whether it is silent: its value
    * gets no name and is not shown. Parts may use names of those before them.
    */
  def together(parts: List[(String, Boolean)]): Option[List[Compiled]] = {
    val requests = parts.map { case (code, silent) => request(if (silent) s"$code\n;()" else code, silent) }
    val compiled = if (requests.contains(None)) None else compileAll(requests.flatten, parts.map(_._2))
    if (compiled.isEmpty) settled()
    compiled
  }

  private def compileAll(all: List[Request], silent: List[Boolean]): Option[List[Compiled]] = {
    reporter.reset()
    val compiled = try compileCode(all.zipWithIndex.map { case (one, i) =>
      (one, () => { before = all.take(i); computing = wrapperOf(one) })
    }) finally { before = Nil; computing = null }
    if (compiled) all.foreach(settle)
    val last = all.last.lineRep
    if (compiled && withoutWarnings(compileSources(new BatchSourceFile("<synthetic>", results(all.zip(silent))))))
      Some(all.zipWithIndex.map { case (one, i) => new Compiled(one, last.call(shownBy(i))) })
    else None
  }

  /** Forgets what the compiler said about the last run. */
  def settled(): Unit = { reporter.reset(); global.currentRun.reporting.clearAllConditionalWarnings() }

  /** Remembers types and symbols, as the interpreter does between its two runs. */
  private def settle(one: Request): Unit = {
    one.typeOf
    one.typesOfDefinedTerms
    one.defHandlers.foreach(handler => one.definedSymbols.get(handler.member.name).foreach(handler.member.setSymbol(_)))
  }

  private def shownBy(i: Int) = s"shown$i"

  /** Returns the code of an object with a method for each request that runs it and returns what it
    * shows.
    */
  private def results(requests: List[(Request, Boolean)]): String = {
    val line = requests.last._1.lineRep
    val methods = requests.zipWithIndex.map { case ((one, silent), i) =>
      val handlers = if (silent) one.handlers.init else one.handlers
      s"""def ${shownBy(i)}: _root_.java.lang.String = $executionWrapper {
         |  val _ = ${one.fullAccessPath}
         |  val sb = new _root_.scala.StringBuilder
         |  ${handlers.map(handler => s"""sb.append("" ${handler.resultExtractionCode(one)})""").mkString("\n")}
         |  sb.toString
         |}""".stripMargin
    }
    s"${line.packageDecl}\nobject ${line.evalName} {\n${methods.mkString("\n")}\n}"
  }

  /** Returns code that goes before the package, code with the imports of the wanted names, and how
    * many wrappers the code opens, the line's own among them. It does what the interpreter's own
    * does with fewer wrappers: each is a class to compile, to write and to serialize.
    */
  protected def importing(of: AnyRef, wanted: Set[Name], generous: Boolean, open: String): (String, String, Int) = {
    val siblings = if (computing != null && (of eq computing)) before else Nil
    computing = null // the types of imports are found by requests of their own
    val (kept, rest) = select(prevRequestList ::: siblings, wanted, generous)
    val (heads, others) = kept.partition(_._2.referencedNames.exists(_.toString == "Predef"))
    val levels = others.foldLeft(List(new Level))((levels, pair) => add(levels, pair, siblings.contains(pair._1)))
    val header = if (rest.exists(_.toString == "Predef")) heads.lastOption.fold("")(h => s"${h._2.member}\n") else ""
    (header, levels.reverse.map(open + _.code).mkString + open, levels.size + 1)
  }

  /** Returns what the wanted names need of earlier lines, and the names that are left. Every import
    * is kept, and every implicit definition, because nobody names them.
    */
  private def select(lines: List[Request], wanted: Set[Name], generous: Boolean): (List[(Request, MemberHandler)], Set[Name]) = {
    def defines(handler: MemberHandler, names: Set[Name]) = handler.definesImplicit ||
      handler.definedNames.exists(name => names(name) || generous && names.exists(name.startsWith(_)))
    lines.flatMap(one => one.handlers.map(one -> _)).foldRight((List.empty[(Request, MemberHandler)], wanted)) {
      case (pair @ (_, handler: ImportHandler), (kept, names)) => (pair :: kept, names ++ handler.referencedNames -- renamed(handler))
      case (pair @ (_, handler), (kept, names)) if defines(handler, names) => (pair :: kept, names -- handler.definedNames)
      case (_, rest) => rest
    }
  }

  private def renamed(handler: ImportHandler): List[Name] =
    handler.selectors.flatMap(one => Option(one.rename)).flatMap(name => List(name.toTermName, name.toTypeName))

  /** A wrapper of imports. None of its names is imported twice. */
  private final class Level {
    val code = new StringBuilder
    var names = Set.empty[String]
    var anything = false // there is an import of names that are not known yet
    def add(line: String, more: Iterable[String]): Unit = { code.append(line).append("\n"); names ++= more }
  }

  private def add(levels: List[Level], pair: (Request, MemberHandler), isNew: Boolean): List[Level] = pair match {
    case (_, handler: ImportHandler) if handler.importsWildcard =>
      val names = if (isNew) Nil else handler.importedNames.map(_.toString)
      val free = if (levels.head.anything || isNew && levels.head.names.nonEmpty) new Level :: levels else roomFor(names, levels)
      free.head.add(handler.member.toString, names)
      free.head.anything = isNew
      free
    case (_, handler: ImportHandler) =>
      val names = renamed(handler).map(_.toString).distinct
      val free = roomFor(names, levels)
      free.head.add(handler.member.toString, names)
      free
    case (one, handler) =>
      val names = handler.definedNames.map(_.toString).distinct
      val free = roomFor(names, levels)
      val reach = way(one, handler, free)
      names.foreach(name => free.head.add(s"import $reach.`$name`", List(name)))
      free
  }

  private def roomFor(names: List[String], levels: List[Level]): List[Level] =
    if (names.exists(levels.head.names)) new Level :: levels else levels

  /** Returns the path to what a line defines. Values are reached through the object that holds
    * them, which is serialized with a closure that uses them; classes are not.
    */
  private def way(one: Request, handler: MemberHandler, levels: List[Level]): String = {
    val path = one.lineRep.readPathInstance
    val held = one.lineRep.packageName + one.lineRep.readName
    handler match {
      case _: ClassHandler => s"$path${one.accessPath}"
      case _ =>
        if (!levels.exists(_.names(held))) levels.head.add(s"val $held: $path.type = $path", List(held))
        s"$held${one.accessPath}"
    }
  }
}
