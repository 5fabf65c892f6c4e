package rule

import (
	"regexp"
	"slices"
)

// errorFinder knows what databases, languages and frameworks print when a
// program fails and nobody catches it.
var errorFinder = newFinder(slices.Concat(
	databaseErrors(), languageErrors(),
)...)

func databaseErrors() []signature {
	return slices.Concat(literals(
		// MySQL, MariaDB
		"You have an error in your SQL syntax", "supplied argument is not a valid MySQL", "check the manual that corresponds to your M",
		"com.mysql.jdbc.exceptions", "com.mysql.cj.jdbc.exceptions", "pymysql.err.", "MySQLdb._exceptions.", "MySqlConnector.MySqlException",
		"MySql.Data.MySqlClient.MySqlException", "SQLSTATE[HY000]", "SQLSTATE[42", "SQLSTATE[23000]", "SQLSTATE[08006]", "Uncaught mysqli_sql_exception",
		// PostgreSQL
		"org.postgresql.util.PSQLException", "PG::SyntaxError", "PG::UndefinedTable", "PG::UndefinedColumn", "PG::UniqueViolation", "PG::ConnectionBad",
		"Npgsql.PostgresException", "Npgsql.NpgsqlException", "psycopg2.errors.", "psycopg2.OperationalError", "psycopg2.ProgrammingError",
		"ERROR: syntax error at or near", "unterminated quoted string at or near",
		// SQL Server, ODBC, OLE DB
		"Unclosed quotation mark after the character string", "System.Data.SqlClient.SqlException", "Microsoft.Data.SqlClient.SqlException",
		"com.microsoft.sqlserver.jdbc.SQLServerException", "Microsoft OLE DB Provider for ", "[Microsoft][ODBC ", "[Microsoft][SQL Server",
		"[unixODBC][", "Microsoft JET Database Engine error", "ADODB.Recordset error", "ADODB.Connection error",
		// SQLite
		"sqlite3.OperationalError", "sqlite3.IntegrityError", "SQLite3::SQLException", "SQLITE_ERROR: ", "SQLITE_CONSTRAINT: ",
		"System.Data.SQLite.SQLiteException", "Microsoft.Data.Sqlite.SqliteException", "org.sqlite.SQLiteException",
		// Oracle: what statements and connections run into, in whole numbers so that the search can leap
		"ORA-00001: ", "ORA-00900: ", "ORA-00904: ", "ORA-00907: ", "ORA-00911: ", "ORA-00917: ", "ORA-00920: ", "ORA-00921: ", "ORA-00923: ",
		"ORA-00933: ", "ORA-00936: ", "ORA-00942: ", "ORA-01017: ", "ORA-01400: ", "ORA-01476: ", "ORA-01722: ", "ORA-01756: ", "ORA-01789: ",
		"ORA-06502: ", "ORA-06512: ", "ORA-06550: ", "ORA-12154: ", "ORA-12514: ", "ORA-12541: ", "ORA-20000: ", "ORA-20001: ", "ORA-29257: ",
		// DB2, others
		"oracle.jdbc.driver.", "quoted string not properly terminated", "SQL command not properly ended", "Oracle.ManagedDataAccess.Client.OracleException",
		"com.ibm.db2.jcc.", "[IBM][CLI Driver]", "DB2 SQL error: SQLCODE", "Dynamic SQL Error",
		"com.sybase.jdbc", "org.h2.jdbc.JdbcS", "org.hsqldb.", "com.mongodb.MongoException", "pymongo.errors.",
		"sqlalchemy.exc.", "java.sql.SQLException", "java.sql.SQLSyntaxErrorException", "org.hibernate.exception.", "org.hibernate.QueryException",
	), []signature{
		{text: "warning: mysql", re: regexp.MustCompile(`(?i)^Warning: mysqli?_\w+\(\)`)},
		{text: "warning: pg_", re: regexp.MustCompile(`(?i)^Warning: pg_\w+\(\)`)},
		{text: "incorrect syntax near", re: regexp.MustCompile(`^Incorrect syntax near (the keyword )?'`)},
	})
}

func languageErrors() []signature {
	return slices.Concat(literals(
		// PHP
		"PHP Fatal error: ", "PHP Parse error: ", "PHP Warning: ", "PHP Notice: ", "Fatal error: Uncaught ", "<b>Fatal error</b>:", "<b>Parse error</b>:",
		"failed to open stream: No such file or directory", "Call to undefined function ", "Call to a member function ", "Allowed memory size of ",
		// Java
		"Exception in thread \"", "nested exception is ", "javax.servlet.ServletException", "jakarta.servlet.ServletException",
		"org.apache.jasper.JasperException", "org.apache.catalina.core.", "java.lang.reflect.InvocationTargetException",
		"org.springframework.web.util.NestedServletException", "Struts Problem Report", "java.lang.IllegalStateException: ", "java.lang.IllegalArgumentException: ",
		// Python
		"Traceback (most recent call last):", "django.core.exceptions.", "jinja2.exceptions.", "werkzeug.exceptions.",
		// Ruby
		"ActiveRecord::StatementInvalid", "ActionView::Template::Error", "ActionController::RoutingError", "ActiveRecord::RecordNotFound in",
		// .NET
		"[HttpException (0x", "System.NullReferenceException", "System.InvalidOperationException: ", "System.IO.FileNotFoundException", "System.FormatException: ",
		"Unhandled Exception: System.", "An unhandled exception occurred while processing the request", "An unhandled exception was generated during the execution",
		"Microsoft VBScript runtime error", "Microsoft VBScript compilation error",
		// Node.js, Go, ColdFusion, Perl
		"UnhandledPromiseRejection", "Error: Cannot find module '", "(node:internal/", "panic: runtime error: ", "invalid memory address or nil pointer dereference",
		"coldfusion.runtime.", "Error Occurred While Processing Request", "Can't locate object method",
	), []signature{
		{text: "<b>warning</b>:", re: regexp.MustCompile(`(?is)^<b>Warning</b>:.+? on line <b>\d+`), mute: true},
		{text: "<b>notice</b>:", re: regexp.MustCompile(`(?is)^<b>Notice</b>:.+? on line <b>\d+`), mute: true},
		{text: "<b>deprecated</b>:", re: regexp.MustCompile(`(?is)^<b>Deprecated</b>:.+? on line <b>\d+`), mute: true},
		{text: "server error in '", re: regexp.MustCompile(`^Server Error in '[^'<\r\n]{1,100}' Application`)},
		{text: "goroutine ", re: regexp.MustCompile(`^goroutine \d+ \[[a-z, 0-9]+\]:`)},
		{text: "java.lang.", re: regexp.MustCompile(`^java\.lang\.(NullPointer|ClassCast|ClassNotFound|NumberFormat|ArrayIndexOutOfBounds|Arithmetic|Runtime)Exception`)},
		{text: "undefined method", re: regexp.MustCompile("^undefined method [`'][^'\r\n<]{1,80}' for ")},
		{text: "uninitialized constant", re: regexp.MustCompile(`^uninitialized constant [A-Z]\w*`)},
		{text: "/node_modules/", re: regexp.MustCompile(`^/node_modules/[\w./@-]{1,150}\.[cm]?js:\d+:\d+`)},
		{text: "uncaught error", re: regexp.MustCompile(`^Uncaught Error: .+? in /`), mute: true},
	})
}

// debugFinder knows the pages that servers and frameworks show to developers.
var debugFinder = newFinder(literals(
	"Internal Server Error",
	// Apache, nginx and IIS
	"The server encountered an internal error or misconfiguration", "More information about this error may be available in the server error log",
	"was encountered while trying to use an ErrorDocument to handle the request",
	"Detailed Error Information", "<h2>HTTP Error 500.", "Module</th><td>&nbsp;&nbsp;&nbsp;", "Requested URL</th><td>",
	// ASP and ASP.NET
	"ASP.NET is configured to show verbose error messages", "Runtime Error</title>", "The current custom error settings for this application",
	"&lt;customErrors mode=", "An unhandled exception occurred during the execution of the current web request", "Active Server Pages error",
	"Microsoft .NET Framework Version:", "ASP.NET Version:", "Compiler Error Message:", "Parser Error Message:", "The Development environment shouldn't be enabled",
	// Java
	"Whitelabel Error Page", "This application has no explicit mapping for /error", "The full stack trace of the root cause is available in",
	"The server encountered an unexpected condition that prevented it from fulfilling the request", "Error 500--Internal Server",
	// Python
	"You're seeing this error because you have <code>DEBUG = True</code>", "Using the URLconf defined in <code>",
	"Werkzeug Debugger", "Werkzeug powered traceback interpreter", "The debugger caught an exception in your WSGI application",
	// PHP
	"Whoops, looks like something went wrong", "Whoops! There was an error", "Symfony Exception", "Illuminate\\Database\\QueryException",
	"Illuminate\\Contracts\\", "xdebug-error", "CodeIgniter\\Exceptions\\", "A PHP Error was encountered", "A Database Error Occurred",
	"Error displaying the error page: Application Instantiation Error",
	// Ruby, Node.js, Go, ColdFusion, others
	"Action Controller: Exception caught", "Rails.root: ", "Application Trace</a>", "Sinatra doesn't know this ditty", "BetterErrors::",
	"You have NODE_ENV set to development", "the robust exception information", "Error Diagnostic Information",
	"Phoenix.Router.NoRouteError", "Plug.Debugger", "application could not be started by the Phusion Passenger application server",
	"SOAP-ENV:Server</faultcode>", "Debug Trace:", "Stack trace:\n#0 ", "Stack Trace:</b>",
)...)
