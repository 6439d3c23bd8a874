package scala.tools.nsc.interpreter.hearth

import java.io.PrintWriter

import scala.tools.nsc.Settings
import scala.tools.nsc.interpreter.{IMain, Results}
import scala.tools.nsc.interpreter.shell.{ReplCompletion, ReplReporterImpl}

/** The interpreter of Scala 2.13. */
final class Repl(settings: Settings, out: PrintWriter, parent: ClassLoader)
    extends IMain(settings, Some(parent), settings, new ReplReporterImpl(settings, out)) with Together {
  import global.{Name, Tree}

  override protected def importsCode(wanted: Set[Name], request: Request, generous: Boolean): ComputedImports = {
    val (header, code, levels) = importing(request, wanted, generous, request.wrapperDef(InnerName) + " {\n")
    ComputedImports(header, code, s"}\n${request.postwrap}\n" * levels, s".$InnerName" * levels)
  }

  protected def request(code: String, silent: Boolean): Option[Request] = requestFromLine(code, silent).toOption

  protected def wrapperOf(of: Request): AnyRef = of

  protected def compileCode(requests: List[(Request, () => Unit)]): Boolean = {
    val units = requests.map { case (one, before) => before(); one.mkUnit }
    val run = new global.Run
    run.compileUnits(units)
    !reporter.hasErrors
  }

  def perform(one: Request, shown: => AnyRef): Results.Result = classLoader.asContext {
    val ended = try Right(shown.toString) catch { case thrown: Throwable => Left(one.lineRep.bindError(thrown)) }
    reporter.printResult(ended)
    if (ended.isLeft) Results.Error else { recordRequest(one); Results.Success }
  }

  def parsed(code: String): Option[List[Tree]] = parse(code).toOption.map(_._1)

  def complete(code: String, cursor: Int): Seq[String] =
    new ReplCompletion(this).complete(code, cursor).candidates.map(_.name).distinct
}

object Repl {
  def make(settings: Settings, out: PrintWriter, parent: ClassLoader): Repl = {
    val it = new Repl(settings, out, parent)
    it.initializeCompiler()
    it
  }
}
