import ca.uhn.fhir.context.FhirContext;
import java.net.InetSocketAddress;
import org.apache.camel.component.servlet.CamelHttpTransportServlet;
import org.apache.camel.impl.DefaultCamelContext;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.servlet.ServletContextHandler;
import org.eclipse.jetty.servlet.ServletHolder;
import org.openehealth.ipf.commons.ihe.fhir.IpfFhirServlet;
import org.openehealth.ipf.commons.ihe.fhir.mhd.MhdProfile;

/** IPF's MHD endpoints with its own validation, on loopback; the first line on stdout holds the address. */
public class Main {
  public static void main(String[] arguments) throws Exception {
    FhirContext fhir = FhirContext.forR4();
    MhdProfile.registerDefaultTypes(fhir);
    Server server = new Server(new InetSocketAddress("127.0.0.1", 0));
    ServletContextHandler context = new ServletContextHandler();
    ServletHolder holder = new ServletHolder(new IpfFhirServlet(fhir));
    holder.setName(IpfFhirServlet.DEFAULT_SERVLET_NAME);
    holder.setInitOrder(1);
    context.addServlet(holder, "/fhir/*");
    ServletHolder documents = new ServletHolder(new CamelHttpTransportServlet());
    documents.setName("CamelServlet");
    context.addServlet(documents, "/documents/*");
    server.setHandler(context);
    server.start();
    String address = "http://127.0.0.1:" + server.getURI().getPort();
    DefaultCamelContext camel = new DefaultCamelContext();
    camel.addRoutes(new Routes(new Store(address + "/documents")));
    camel.start();
    System.out.println(address + "/fhir");
    server.join();
  }
}
