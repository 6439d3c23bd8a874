package hearth.agent

import scala.tools.nsc.interpreter.IMain

/** Splits a cell after the classes that it defines. An encoder reaches a class of a cell through
  * the value that the interpreter makes of the cell, which exists only after the whole cell has
  * run: a case class and a Dataset of it have to run one after the other. A cell without classes
  * stays whole.
  */
private[agent] object CellSplitter {

  /** Returns the parts of a cell in order. The lines of a part keep their numbers in the cell. */
  def parts(it: IMain, code: String): List[String] =
    if (!code.contains("class")) List(code)
    else new CellSplitter(kinds(it, _)).parts(code)

  def onlyDefines(it: IMain, code: String): Boolean = kinds(it, code).exists(!_.contains(Runs))

  private def kinds(it: IMain, code: String): Option[List[Kind]] = Repl.parse(it, code).map(_.map(tree => kind(it)(tree)))

  sealed trait Kind
  case object DefinesClass extends Kind
  case object Defines extends Kind
  case object Runs extends Kind

  private def kind(it: IMain)(tree: it.global.Tree): Kind = {
    import it.global._
    tree match {
      case _: ClassDef                                       => DefinesClass
      case _: ModuleDef | _: DefDef | _: TypeDef | _: Import => Defines
      case _                                                 => Runs
    }
  }
}

private[agent] final class CellSplitter(parse: String => Option[List[CellSplitter.Kind]]) {
  import CellSplitter._

  def parts(code: String): List[String] = (for {
    all <- parse(code)
    n <- behindClasses(all)
    at <- places(code).find(at => count(code.take(at)).contains(n) && count(code.drop(at)).contains(all.size - n))
  } yield code.take(at) :: parts(blank(code.take(at)) + code.drop(at))).getOrElse(List(code))

  private def count(code: String): Option[Int] = parse(code).map(_.size)

  /** Returns how many statements precede the first one that runs after a class. Definitions next to
    * the class stay with it: they may need each other.
    */
  private def behindClasses(all: List[Kind]): Option[Int] = {
    val first = all.indexWhere(_ == Runs, all.indexOf(DefinesClass))
    if (all.contains(DefinesClass) && first > 0) Some(first) else None
  }

  /** Returns the offsets at which a statement may end, the likely ones first. The parser decides in
    * the end, so it does no harm that some are inside a comment or a string.
    */
  private def places(code: String): Iterator[Int] = {
    val ends = code.indices.filter(i => code(i) == '\n' || code(i) == ';').map(_ + 1)
    val (likely, others) = ends.partition(i => i < code.length && !code(i).isWhitespace && !")}]".contains(code(i)))
    likely.iterator ++ others
  }

  private def blank(code: String): String = code.map(c => if (c == '\n') c else ' ')
}
