/** The page of a custom model: samples that play and open, and buttons that copy. */
import "./compare.js";
import "./copy.js";
import "./viewer.js";
