package hearth.agent

/** A rehearsal of a start and of first statements, for the making of a class-data archive. */
object Train {
  def run(): Unit = ()
}
