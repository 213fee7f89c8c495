/** htmx for pages whose forms answer while one types. Everything here also works as a plain link or a plain GET form. */
import "htmx.org/dist/htmx.js";
