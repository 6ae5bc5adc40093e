// Each element adds one behaviour to a page that works without it.
import "./keys.js";
import "./menus.js";
import "./theme.js";
import "./rows.js";
import "./live.js";
import "./saved.js";
import "./lease.js";
import "./viewer.js";
import "./search.js";
import "./splitter.js";
import "./pair.js";
import "./lines.js";
import "./desk.js";
import "./upcoming.js";
import "./talk.js";
import "./upload.js";
import "./early.js"; // last: the others must listen already
