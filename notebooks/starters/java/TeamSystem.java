import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Given: the service around your functions. The first line that serve prints is its address.
 *
 * <pre>
 * javac -encoding UTF-8 -d out *.java
 * java -cp out TeamSystem serve FOLDER [PORT]             answers Patient/ID, $summary, metadata
 * java -cp out TeamSystem publish FOLDER NUMBER BASE      sends a summary to a Document Recipient
 * java -cp out TeamSystem read IDENTIFIER BASE            finds, fetches and shows the newest summary
 * </pre>
 */
public final class TeamSystem {
    private static final Map<String, Object> STATEMENT = Json.object(
        "resourceType", "CapabilityStatement", "status", "active", "date", "2026-11-29",
        "kind", "instance", "fhirVersion", "4.0.1", "format", List.of("json"),
        "implementation", Json.object("description", "A national record, as FHIR"),
        "rest", List.of(Json.object("mode", "server", "resource", List.of(Json.object(
            "type", "Patient", "interaction", List.of(Json.object("code", "read")))))));

    public static void main(String[] words) throws Exception {
        String verb = words.length > 0 ? words[0] : "";
        if (verb.equals("serve") && words.length >= 2) {
            serve(Path.of(words[1]), words.length > 2 ? Integer.parseInt(words[2]) : 0);
        } else if (verb.equals("publish") && words.length == 4) {
            Map<String, Object> document = Summary.documentOf(Summary.rowsOf(Path.of(words[1]), words[2]));
            System.out.println(Source.publish(words[3], document));
        } else if (verb.equals("read") && words.length == 3) {
            List<Map<String, Object>> references = Consumer.find(words[2], words[1]);
            Map<String, Object> seen = Consumer.view(Consumer.retrieve(words[2], references));
            new PrintStream(System.out, true, StandardCharsets.UTF_8).println(Json.write(seen));
        } else {
            System.err.println("serve FOLDER [PORT] | publish FOLDER NUMBER BASE | read IDENTIFIER BASE");
            System.exit(2);
        }
    }

    private static void serve(Path folder, int port) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
        server.createContext("/fhir/", exchange -> reply(exchange, folder));
        server.start();
        System.out.println("http://127.0.0.1:" + server.getAddress().getPort() + "/fhir");
    }

    /** Answers one request; whoever asks is answered, whatever broke. */
    private static void reply(HttpExchange exchange, Path folder) throws IOException {
        int status = 200;
        Map<String, Object> resource;
        try {
            URI address = exchange.getRequestURI();
            resource = answer(folder, address.getPath().substring("/fhir/".length()), address.getRawQuery());
            if (resource == null) {
                status = 404;
                resource = refusal("not-found", address.getPath() + " is not here");
            }
        } catch (Exception error) {
            status = 500;
            resource = refusal("exception", error.toString());
        }
        byte[] body = Json.write(resource).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "application/fhir+json; charset=utf-8");
        exchange.sendResponseHeaders(status, body.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(body);
        }
    }

    /** Returns the resource at a place; null where there is none. */
    private static Map<String, Object> answer(Path folder, String place, String query) throws Exception {
        if (place.equals("metadata")) {
            return STATEMENT;
        }
        String[] parts = place.split("/");
        boolean isByIdentifier = place.equals("Patient/$summary");
        String identifier = isByIdentifier ? identifierIn(query) : "";
        String number = isByIdentifier ? identifier.substring(identifier.indexOf('|') + 1) : parts.length > 1 ? parts[1] : "";
        String operation = isByIdentifier ? "$summary" : parts.length > 2 ? parts[2] : "";
        boolean isAsked = parts[0].equals("Patient") && (operation.isEmpty() || operation.equals("$summary"));
        List<Map<String, String>> rows = isAsked ? Summary.rowsOf(folder, number) : List.of();
        if (rows.isEmpty()) {
            return null;
        }
        Map<String, Object> document = Summary.documentOf(rows);
        Map<String, Object> patient = Json.asObject(Json.at(document, "entry", 1, "resource"));
        String own = Json.text(patient, "identifier", 0, "system") + "|" + Json.text(patient, "identifier", 0, "value");
        // a number alone may be that of somebody in another country
        if (isByIdentifier && !own.equals(identifier)) {
            return null;
        }
        if (!operation.isEmpty()) {
            return document;
        }
        patient.put("id", number);
        return patient;
    }

    /** Returns system|number of identifier=system|number, which serves those who know no id. */
    private static String identifierIn(String query) {
        for (String pair : query == null ? new String[0] : query.split("&")) {
            if (pair.startsWith("identifier=")) {
                return URLDecoder.decode(pair.substring("identifier=".length()), StandardCharsets.UTF_8);
            }
        }
        return "";
    }

    private static Map<String, Object> refusal(String code, String words) {
        return Json.object("resourceType", "OperationOutcome",
            "issue", List.of(Json.object("severity", "error", "code", code, "diagnostics", words)));
    }
}
