package scala.tools.nsc.interpreter.hearth

import java.io.PrintWriter

import scala.reflect.internal.util.BatchSourceFile
import scala.tools.nsc.Settings
import scala.tools.nsc.interpreter.{IMain, PresentationCompilerCompleter, Results}

/** The interpreter of Scala 2.12. */
final class Repl(settings: Settings, out: PrintWriter, parent: ClassLoader) extends IMain(settings, out) with Together {
  import global.{Name, Tree}

  override protected def parentClassLoader: ClassLoader = parent

  override protected def importsCode(wanted: Set[Name], wrapper: Request#Wrapper, generous: Boolean): ComputedImports = {
    val (header, code, levels) = importing(wrapper, wanted, generous, wrapper.prewrap format InnerName)
    ComputedImports(header, code, wrapper.postwrap * levels, s".$InnerName" * levels)
  }

  protected def request(code: String, silent: Boolean): Option[Request] = requestFromLine(code, silent).toOption

  protected def wrapperOf(of: Request): AnyRef = of.ObjectSourceCode

  protected def compileCode(requests: List[(Request, () => Unit)]): Boolean =
    compileSources(requests.map { case (one, before) =>
      before()
      new BatchSourceFile("<console>", one.lineRep.packaged(one.ObjectSourceCode(one.handlers)))
    }: _*)

  def perform(one: Request, shown: => AnyRef): Results.Result = classLoader.asContext {
    try {
      val said = shown.toString
      if (said != "") reporter.printMessage(said stripSuffix "\n")
      recordRequest(one)
      Results.Success
    } catch { case thrown: Throwable => reporter.printUntruncatedMessage(one.lineRep.bindError(thrown)); Results.Error }
  }

  def parsed(code: String): Option[List[Tree]] = parse(code) match {
    case parse.Success(trees) => Some(trees)
    case _                    => None
  }

  def complete(code: String, cursor: Int): Seq[String] =
    new PresentationCompilerCompleter(this).complete(code, cursor).candidates
}

object Repl {
  def make(settings: Settings, out: PrintWriter, parent: ClassLoader): Repl = {
    val it = new Repl(settings, out, parent)
    it.initializeSynchronous()
    it
  }
}
