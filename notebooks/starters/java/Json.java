import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** Given: JSON with what the JDK has. Objects are Map, arrays List; numbers stay Long or Double. */
final class Json {
    private final String text;
    private int at;

    private Json(String text) {
        this.text = text;
    }

    /** Returns an object with these names and values, in turns; a value that is null leaves its name out. */
    static Map<String, Object> object(Object... pairs) {
        Map<String, Object> made = new LinkedHashMap<>();
        for (int place = 0; place < pairs.length; place += 2) {
            if (pairs[place + 1] != null) {
                made.put((String) pairs[place], pairs[place + 1]);
            }
        }
        return made;
    }

    /** Returns what stands at a path of names and indexes, or null: at(bundle, "entry", 0, "resource"). */
    static Object at(Object value, Object... path) {
        for (Object step : path) {
            if (step instanceof Integer index && value instanceof List<?> list) {
                value = index < list.size() ? list.get(index) : null;
            } else {
                value = value instanceof Map<?, ?> map ? map.get(step) : null;
            }
        }
        return value;
    }

    /** Returns the text at a path, or an empty one. */
    static String text(Object value, Object... path) {
        return Objects.toString(at(value, path), "");
    }

    /** Returns the objects of the array at a path; none where there is no array. */
    static List<Map<String, Object>> objects(Object value, Object... path) {
        List<Map<String, Object>> objects = new ArrayList<>();
        if (at(value, path) instanceof List<?> list) {
            for (Object item : list) {
                objects.add(asObject(item));
            }
        }
        return objects;
    }

    /** Returns a value as an object; an empty one where it is none. */
    @SuppressWarnings("unchecked")
    static Map<String, Object> asObject(Object value) {
        return value instanceof Map<?, ?> map ? (Map<String, Object>) map : new LinkedHashMap<>();
    }

    static String write(Object value) {
        StringBuilder out = new StringBuilder();
        append(out, value);
        return out.toString();
    }

    static Object read(String text) {
        Json json = new Json(text);
        Object value = json.value();
        json.skipBlanks();
        if (json.at < text.length()) {
            throw json.fault("nothing more");
        }
        return value;
    }

    private static void append(StringBuilder out, Object value) {
        if (value instanceof Map<?, ?> map) {
            out.append('{');
            for (Iterator<? extends Map.Entry<?, ?>> entries = map.entrySet().iterator(); entries.hasNext(); ) {
                Map.Entry<?, ?> entry = entries.next();
                quote(out, entry.getKey().toString());
                out.append(':');
                append(out, entry.getValue());
                out.append(entries.hasNext() ? "," : "");
            }
            out.append('}');
        } else if (value instanceof List<?> list) {
            out.append('[');
            for (int place = 0; place < list.size(); place++) {
                out.append(place > 0 ? "," : "");
                append(out, list.get(place));
            }
            out.append(']');
        } else if (value instanceof String string) {
            quote(out, string);
        } else {
            out.append(value);
        }
    }

    private static void quote(StringBuilder out, String string) {
        out.append('"');
        for (char letter : string.toCharArray()) {
            if (letter == '"' || letter == '\\') {
                out.append('\\').append(letter);
            } else if (letter < ' ') {
                out.append(String.format("\\u%04x", (int) letter));
            } else {
                out.append(letter);
            }
        }
        out.append('"');
    }

    private Object value() {
        skipBlanks();
        char first = at < text.length() ? text.charAt(at) : ' ';
        if (first == '{') {
            return objectHere();
        }
        if (first == '[') {
            return arrayHere();
        }
        if (first == '"') {
            return stringHere();
        }
        int start = at;
        while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) {
            at++;
        }
        return plain(text.substring(start, at));
    }

    private Object plain(String word) {
        return switch (word) {
            case "true" -> true;
            case "false" -> false;
            case "null" -> null;
            case "" -> throw fault("a value");
            default -> word.matches("-?\\d{1,18}") ? (Object) Long.valueOf(word) : Double.valueOf(word);
        };
    }

    private Map<String, Object> objectHere() {
        Map<String, Object> map = new LinkedHashMap<>();
        at++;
        while (!isNext('}')) {
            skipBlanks();
            String name = stringHere();
            if (!isNext(':')) {
                throw fault(":");
            }
            map.put(name, value());
            isNext(',');
        }
        return map;
    }

    private List<Object> arrayHere() {
        List<Object> list = new ArrayList<>();
        at++;
        while (!isNext(']')) {
            list.add(value());
            isNext(',');
        }
        return list;
    }

    private String stringHere() {
        if (at >= text.length() || text.charAt(at) != '"') {
            throw fault("\"");
        }
        StringBuilder out = new StringBuilder();
        for (at++; text.charAt(at) != '"'; at++) {
            out.append(text.charAt(at) == '\\' ? escaped() : text.charAt(at));
        }
        at++;
        return out.toString();
    }

    private char escaped() {
        char letter = text.charAt(++at);
        if (letter == 'u') {
            at += 4;
            return (char) Integer.parseInt(text.substring(at - 3, at + 1), 16);
        }
        int place = "bfnrt".indexOf(letter);
        return place < 0 ? letter : "\b\f\n\r\t".charAt(place);
    }

    /** Takes a sign, behind blanks, if it comes next. */
    private boolean isNext(char sign) {
        skipBlanks();
        if (at >= text.length()) {
            throw fault(String.valueOf(sign));
        }
        boolean isThere = text.charAt(at) == sign;
        at += isThere ? 1 : 0;
        return isThere;
    }

    private void skipBlanks() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private IllegalArgumentException fault(String wanted) {
        return new IllegalArgumentException("JSON, letter " + at + ": " + wanted + " is missing");
    }
}
