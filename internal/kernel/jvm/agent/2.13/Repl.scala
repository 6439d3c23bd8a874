package hearth.agent

import java.io.PrintWriter

import scala.tools.nsc.Settings
import scala.tools.nsc.interpreter.IMain
import scala.tools.nsc.interpreter.shell.{ReplCompletion, ReplReporterImpl}

/** The interpreter of Scala 2.13. */
private[agent] object Repl {
  def make(settings: Settings, out: PrintWriter, parent: ClassLoader): IMain = {
    val it = new IMain(settings, Some(parent), settings, new ReplReporterImpl(settings, out))
    it.initializeCompiler()
    it
  }

  def complete(it: IMain, code: String, cursor: Int): Seq[String] =
    new ReplCompletion(it).complete(code, cursor).candidates.map(_.name).distinct

  def parse(it: IMain, code: String): Option[List[it.global.Tree]] = it.parse(code).toOption.map(_._1)
}
