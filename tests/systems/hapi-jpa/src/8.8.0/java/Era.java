import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.model.config.SubscriptionSettings;
import ca.uhn.fhir.jpa.config.util.HapiEntityManagerFactoryUtil;
import jakarta.servlet.Servlet;
import java.net.InetSocketAddress;
import java.net.URI;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;

/** What differs with the time of a version: the names of servlets, and how entities are set up. */
@Configuration
public class Era {
  @Bean
  public SubscriptionSettings subscriptionSettings() {
    return new SubscriptionSettings();
  }

  static LocalContainerEntityManagerFactoryBean entities(
      ConfigurableListableBeanFactory beans, FhirContext fhir, JpaStorageSettings settings) {
    return HapiEntityManagerFactoryUtil.newEntityManagerFactory(beans, fhir, settings);
  }

  static URI serve(Servlet servlet) throws Exception {
    Server server = new Server(new InetSocketAddress("127.0.0.1", 0));
    ServletContextHandler context = new ServletContextHandler();
    context.addServlet(new ServletHolder(servlet), "/fhir/*");
    server.setHandler(context);
    server.start();
    return server.getURI().resolve("/fhir");
  }
}
