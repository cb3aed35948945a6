import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.HashMapResourceProvider;
import java.net.InetSocketAddress;
import java.util.List;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.hl7.fhir.instance.model.api.IBaseResource;
import org.hl7.fhir.r4.model.Binary;
import org.hl7.fhir.r4.model.DocumentReference;
import org.hl7.fhir.r4.model.ListResource;
import org.hl7.fhir.r4.model.Patient;

/** HAPI's own server and in-memory providers, on loopback; the first line on stdout holds the address. */
public class Main {
  public static void main(String[] arguments) throws Exception {
    FhirContext fhir = FhirContext.forR4();
    RestfulServer rest = new RestfulServer(fhir);
    List<Class<? extends IBaseResource>> types =
        List.of(Patient.class, DocumentReference.class, ListResource.class, Binary.class);
    for (Class<? extends IBaseResource> type : types) {
      rest.registerProvider(new HashMapResourceProvider<>(fhir, type));
    }
    Server server = new Server(new InetSocketAddress("127.0.0.1", 0));
    ServletContextHandler context = new ServletContextHandler();
    context.addServlet(new ServletHolder(rest), "/fhir/*");
    server.setHandler(context);
    server.start();
    System.out.println(server.getURI().resolve("/fhir"));
    server.join();
  }
}
