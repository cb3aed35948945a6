import ca.uhn.fhir.context.FhirContext;
import java.net.InetSocketAddress;
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
    server.setHandler(context);
    server.start();
    DefaultCamelContext camel = new DefaultCamelContext();
    camel.addRoutes(new Routes(new Store()));
    camel.start();
    System.out.println(server.getURI().resolve("/fhir"));
    server.join();
  }
}
