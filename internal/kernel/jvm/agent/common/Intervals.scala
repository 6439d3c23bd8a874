package org.apache.spark.sql.hearth

import java.time.{Duration, Period}

import org.apache.spark.sql.catalyst.util.IntervalUtils
import org.apache.spark.sql.catalyst.util.IntervalStringStyles.ANSI_STYLE
import org.apache.spark.sql.types.{DataType, DayTimeIntervalType, YearMonthIntervalType}

/** Formats intervals as Spark SQL does. */
object Intervals {
  def dayTime(d: Duration, of: DataType): String = of match {
    case t: DayTimeIntervalType =>
      IntervalUtils.toDayTimeIntervalString(IntervalUtils.durationToMicros(d), ANSI_STYLE, t.startField, t.endField)
    case _ => d.toString
  }

  def yearMonth(p: Period, of: DataType): String = of match {
    case t: YearMonthIntervalType =>
      IntervalUtils.toYearMonthIntervalString(IntervalUtils.periodToMonths(p), ANSI_STYLE, t.startField, t.endField)
    case _ => p.toString
  }
}
