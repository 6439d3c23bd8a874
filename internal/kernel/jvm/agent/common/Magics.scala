package hearth.agent

import java.util.{ArrayList, LinkedHashMap => JMap, List => JList}

import scala.collection.JavaConverters._

import com.fasterxml.jackson.databind.ObjectMapper

/** The lines `%json x` and `%table x` of Livy's Scala interpreter: they show a value as JSON, or as
  * the table that sparkmagic and Zeppelin draw. sparklyr fetches every result with `%json`.
  */
private[agent] object Magics {

  /** A piece of a cell: code, and the expression that a magic shows after it, with the form, if
    * any.
    */
  final case class Step(code: String, shown: Option[(String, String)])

  private val Line = """(?m)^%(json|table)[ \t]+(\S.*?)[ \t]*$""".r

  /** Splits a cell after its magics. The code before a magic must be complete, or the line is part
    * of a string or a comment. The lines of a piece keep their numbers in the cell.
    */
  def steps(code: String, whole: String => Boolean): List[Step] = {
    val found = Line.findAllMatchIn(code).filter(m => whole(outside(code.take(m.start)))).toList
    val starts = 0 :: found.map(_.end)
    val pieces = starts.zip(found).map { case (from, m) =>
      Step(blank(code.take(from)) + code.substring(from, m.start), Some((m.group(1), m.group(2))))
    }
    val rest = code.drop(starts.last)
    if (found.nonEmpty && rest.trim.isEmpty) pieces else pieces :+ Step(blank(code.take(starts.last)) + rest, None)
  }

  /** Returns the value in a form, by MIME type. */
  def show(form: String, value: Any): Map[String, String] = form match {
    case "json" => Map("application/json" -> json(Plain(value)))
    case _      => Map("application/vnd.livy.table.v1+json" -> json(table(Plain(value))))
  }

  private def json(tree: AnyRef): String = new ObjectMapper().writeValueAsString(tree)

  /** Returns code without its magics. */
  private def outside(code: String): String = Line.replaceAllIn(code, "")

  private def blank(code: String): String = code.map(c => if (c == '\n') c else ' ')

  /** Returns the table of a value. Rows are lists, maps or single values; a column has the type of
    * its first value that is not null.
    */
  private def table(tree: AnyRef): AnyRef = {
    val rows = tree match {
      case all: JList[_] => all.asScala.toList.map(cells)
      case one           => List(cells(one))
    }
    val names = rows.flatMap(_.map(_._1)).distinct
    val headers = names.map(name => header(name, rows.flatMap(_.collect { case (`name`, cell) => cell })))
    val result = new JMap[String, AnyRef]
    result.put("headers", headers.asJava)
    result.put("data", rows.map { row =>
      val byName = row.toMap
      names.map(byName.getOrElse(_, null)).asJava
    }.asJava)
    result
  }

  private def cells(row: Any): List[(String, Any)] = row match {
    case fields: java.util.Map[_, _] => fields.asScala.toList.map { case (k, v) => k.toString -> v }
    case items: JList[_]             => items.asScala.toList.zipWithIndex.map { case (v, i) => i.toString -> v }
    case one                         => List("0" -> one)
  }

  private def header(name: String, column: List[Any]): JMap[String, AnyRef] = {
    val kinds = column.map(kindOf).filter(_ != "NULL_TYPE").distinct
    if (kinds.size > 1) throw new IllegalArgumentException(s"table rows have different types: ${kinds.mkString(", ")} in column $name")
    val header = new JMap[String, AnyRef]
    header.put("name", name)
    header.put("type", kinds.headOption.getOrElse("NULL_TYPE"))
    header
  }

  private def kindOf(cell: Any): String = cell match {
    case null                                     => "NULL_TYPE"
    case _: java.lang.Boolean                     => "BOOLEAN_TYPE"
    case _: java.lang.Double | _: java.lang.Float => "DOUBLE_TYPE"
    case _: java.math.BigDecimal                  => "DECIMAL_TYPE"
    case _: Number                                => "BIGINT_TYPE"
    case _: JList[_]                              => "ARRAY_TYPE"
    case _: java.util.Map[_, _]                   => "MAP_TYPE"
    case _                                        => "STRING_TYPE"
  }
}

/** Converts a value of a cell to JSON's types: null, booleans, numbers, texts, lists and maps. */
private[agent] object Plain {
  import org.apache.spark.rdd.RDD
  import org.apache.spark.sql.{Dataset, Row}

  private val Rows = 10 // of a distributed collection, as in Livy

  def apply(value: Any): AnyRef = value match {
    case null | None                                       => null
    case Some(inner)                                       => apply(inner)
    case text: CharSequence                                => text.toString
    case n: BigInt                                         => n.bigInteger
    case n: BigDecimal                                     => n.bigDecimal
    case d: Double if d.isNaN || d.isInfinite              => d.toString
    case f: Float if f.isNaN || f.isInfinite               => f.toString
    case same @ (_: Boolean | _: Number)                   => same.asInstanceOf[AnyRef]
    case rdd: RDD[_]                                       => list(rdd.take(Rows))
    case data: Dataset[_]                                  => list(data.toDF.take(Rows))
    case row: Row if row.schema != null                    => map(row.schema.fieldNames.iterator.zip(row.toSeq.iterator))
    case row: Row                                          => list(row.toSeq)
    case fields: scala.collection.Map[_, _]                => map(fields.iterator)
    case fields: java.util.Map[_, _]                       => map(fields.asScala.iterator)
    case items: Iterable[_]                                => list(items)
    case items: java.lang.Iterable[_]                      => list(items.asScala)
    case items: Array[_]                                   => list(items)
    case fields: Product                                   => map(names(fields).zip(fields.productIterator))
    case other                                             => other.toString
  }

  private def list(items: Iterable[_]): AnyRef = {
    val all = new ArrayList[AnyRef]
    items.foreach(item => all.add(apply(item)))
    all
  }

  private def map(fields: Iterator[(_, _)]): AnyRef = {
    val all = new JMap[String, AnyRef]
    fields.foreach { case (k, v) => all.put(String.valueOf(k), apply(v)) }
    all
  }

  /** Returns the names of a case class's fields in order: those of the constructor are declared
    * first.
    */
  private def names(of: Product): Iterator[String] =
    of.getClass.getDeclaredFields.iterator
      .filter(f => !java.lang.reflect.Modifier.isStatic(f.getModifiers) && !f.getName.contains("$outer"))
      .map(f => scala.reflect.NameTransformer.decode(f.getName))
}
