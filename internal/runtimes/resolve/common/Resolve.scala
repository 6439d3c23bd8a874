package hearth.install

import java.io.File

import org.apache.spark.hearthinstall.Maven

/** Finds the jars of Maven coordinates and prints their paths.
  *
  * Arguments: the private Ivy directory, then the coordinates, separated by commas. Every jar found
  * is one line `hearth:jar<TAB>path` on stdout; the resolver's own output is for the log.
  */
object Resolve {
  def main(args: Array[String]): Unit = {
    val ivyDir = new File(args(0))
    ivyDir.mkdirs()
    Network.configure(ivyDir, sys.env)
    val settings = sys.env.get("HEARTH_IVY_SETTINGS").filter(_.nonEmpty)
    val jars = Maven.resolve(args(1), ivyDir.getPath, settings)
    jars.foreach(jar => println("hearth:jar\t" + jar))
  }
}
